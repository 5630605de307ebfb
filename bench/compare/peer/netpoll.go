//go:build linux

package peer

import (
	"context"
	"runtime"

	"github.com/cloudwego/netpoll"
	"github.com/cloudwego/netpoll/mux"
)

// netpollPeer: handlers are docs/guide/guide_en.md 1.2 and 3.1 (Next, Malloc,
// Flush, Release in OnRequest); pushes go through mux.ShardQueue, which merges
// the writes of many goroutines, as netpoll-benchmark's mux server does.
var netpollPeer = &Peer{Name: "netpoll",
	starts: map[Kind]start{
		Echo: func(listen string) (string, error) { return startNetpoll(listen, netpollEcho) },
		Line: func(listen string) (string, error) { return startNetpoll(listen, netpollLine) },
		Push: startNetpollPush,
	},
}

func startNetpoll(listen string, h netpoll.OnRequest, opts ...netpoll.Option) (string, error) {
	if err := netpoll.Configure(netpoll.Config{PollerNum: runtime.GOMAXPROCS(0)}); err != nil {
		return "", err
	}
	ln, err := netpoll.CreateListener("tcp", listen)
	if err != nil {
		return "", err
	}
	loop, err := netpoll.NewEventLoop(h, opts...)
	if err != nil {
		return "", err
	}
	go func() { _ = loop.Serve(ln) }()
	return ln.Addr().String(), nil
}

func netpollEcho(_ context.Context, c netpoll.Connection) error {
	r, w := c.Reader(), c.Writer()
	defer func() { _ = r.Release() }()
	p, err := r.Next(r.Len())
	if err != nil {
		return err
	}
	return reply(w, p)
}

func reply(w netpoll.Writer, p []byte) error {
	out, err := w.Malloc(len(p))
	if err != nil {
		return err
	}
	copy(out, p)
	return w.Flush()
}

func netpollLine(_ context.Context, c netpoll.Connection) error {
	r := c.Reader()
	defer func() { _ = r.Release() }()
	line, err := r.Until('\n')
	if err != nil {
		return err
	}
	return reply(c.Writer(), line)
}

// targetKey finds the target of a connection in its context.
type targetKey struct{}

func startNetpollPush(listen string) (string, error) {
	p := newProducer()
	connect := func(ctx context.Context, c netpoll.Connection) context.Context {
		queue := mux.NewShardQueue(mux.ShardSize, c)
		return context.WithValue(ctx, targetKey{}, p.add(func(m []byte) error {
			queue.Add(func() (netpoll.Writer, bool) {
				b := netpoll.NewLinkBuffer(len(m))
				_, _ = b.WriteBinary(m)
				return b, false
			})
			return nil
		}))
	}
	handle := func(ctx context.Context, c netpoll.Connection) error {
		r := c.Reader()
		n := r.Len()
		if err := r.Skip(n); err != nil {
			return err
		}
		ctx.Value(targetKey{}).(*target).asked(n)
		return r.Release()
	}
	return startNetpoll(listen, handle, netpoll.WithOnConnect(connect))
}
