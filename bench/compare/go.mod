module github.com/kharon-net/kharon/bench/compare

go 1.25.0

require (
	github.com/FZambia/tarantool v0.3.1
	github.com/HdrHistogram/hdrhistogram-go v1.2.0
	github.com/cloudwego/netpoll v0.7.2
	github.com/jedib0t/go-pretty/v6 v6.7.8
	github.com/kharon-net/kharon v0.0.0
	github.com/lesismal/nbio v1.6.12
	github.com/panjf2000/gnet/v2 v2.9.8
	github.com/tarantool/go-tarantool/v3 v3.0.0
	github.com/vmihailenco/msgpack/v5 v5.4.1
	golang.org/x/sys v0.47.0
)

require (
	github.com/bytedance/gopkg v0.1.1 // indirect
	github.com/cloudwego/gopkg v0.1.4 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-runewidth v0.0.16 // indirect
	github.com/panjf2000/ants/v2 v2.12.1 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	github.com/tarantool/go-iproto v1.1.0 // indirect
	github.com/tarantool/go-option v1.1.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	golang.org/x/net v0.56.0 // indirect
	golang.org/x/sync v0.21.0 // indirect
	golang.org/x/text v0.38.0 // indirect
	gopkg.in/natefinch/lumberjack.v2 v2.2.1 // indirect
)

replace github.com/kharon-net/kharon => ../..
