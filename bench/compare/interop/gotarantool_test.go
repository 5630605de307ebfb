package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarantool/go-tarantool/v3"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.Main(m) }

// start returns a server with the user alice, and its address.
func start(t *testing.T) (*box.Server, string) {
	t.Helper()
	srv := create(t)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return srv, addr.String()
}

// create returns the server before it listens.
func create(t *testing.T) *box.Server {
	t.Helper()
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	if err := srv.SetUser(box.User{Name: "alice", Password: "secret", Rights: box.All}); err != nil {
		t.Fatal(err)
	}
	srv.Func("echo", func(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil })
	srv.Func("who", func(_ context.Context, req *box.Request) (any, error) { return req.Session().User(), nil })
	srv.Func("push_n", func(_ context.Context, req *box.Request) (any, error) {
		n := req.Args().Int(0)
		for i := range n {
			if err := req.Session().Push(i); err != nil {
				return nil, err
			}
		}
		return n, nil
	})
	return srv
}

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), reactortest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// connect connects as alice, who proves herself by chap-sha1.
func connect(t *testing.T, addr string, opts tarantool.Opts) *tarantool.Connection {
	t.Helper()
	return dial(t, tarantool.NetDialer{Address: addr, User: "alice", Password: "secret"}, opts)
}

func dial(t *testing.T, dialer tarantool.Dialer, opts tarantool.Opts) *tarantool.Connection {
	t.Helper()
	opts.Timeout = reactortest.Patience
	conn, err := tarantool.Connect(patience(t), dialer, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestAuthentication(t *testing.T) {
	_, addr := start(t)
	conn := connect(t, addr, tarantool.Opts{})
	if got, err := conn.Do(tarantool.NewCallRequest("who")).Get(); err != nil || fmt.Sprint(got) != "[alice]" {
		t.Errorf("I am %v, %v", got, err)
	}
	_, err := tarantool.Connect(patience(t), tarantool.NetDialer{Address: addr, User: "alice", Password: "wrong"}, tarantool.Opts{})
	if err == nil || !strings.Contains(err.Error(), "credentials are invalid") {
		t.Errorf("got %v", err)
	}
}

func TestCalls(t *testing.T) {
	_, addr := start(t)
	conn := connect(t, addr, tarantool.Opts{})
	if _, err := conn.Do(tarantool.NewPingRequest()).Get(); err != nil {
		t.Error(err)
	}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 200 {
				got, err := conn.Do(tarantool.NewCallRequest("echo").Args([]any{g, i})).Get()
				if err != nil || fmt.Sprint(got) != fmt.Sprint([]any{g, i}) {
					t.Errorf("got %v, %v", got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	_, err := conn.Do(tarantool.NewCallRequest("nothing")).Get()
	var e tarantool.ServerError
	if !errors.As(err, &e) || e.Code != 33 {
		t.Errorf("got %v", err)
	}
}

func TestPushesDoNotDisturb(t *testing.T) {
	_, addr := start(t)
	log := &lines{}
	conn := connect(t, addr, tarantool.Opts{Logger: slog.New(slog.NewTextHandler(log, nil))})
	// This client has given up pushes: it logs each, and takes the answer behind them.
	got, err := conn.Do(tarantool.NewCallRequest("push_n").Args([]any{5})).Get()
	if err != nil || fmt.Sprint(got) != "[5]" {
		t.Errorf("got %v, %v", got, err)
	}
	if n := log.count("push"); n != 5 {
		t.Errorf("%d pushes were logged", n)
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// count tells how many lines have the text.
func (l *lines) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(strings.ToLower(line), text) {
			n++
		}
	}
	return n
}

// bands is a space that is only read.
type bands [][]any

func (b bands) Select(_ context.Context, _ *box.Request, q *box.Query) (iter.Seq[any], error) {
	return func(yield func(any) bool) {
		for _, tuple := range b {
			if q.Key.Len() > 0 && q.Key.Int(0) != int64(tuple[0].(int)) {
				continue
			}
			if !yield(tuple) {
				return
			}
		}
	}, nil
}

func TestSelects(t *testing.T) {
	srv, addr := start(t)
	err := srv.SetSpaces(box.Space{Name: "bands", ID: 600, Handler: bands{{1, "Roxette", 1986}, {2, "Scorpions", 1965}},
		Format:  []box.Field{{Name: "id", Type: "unsigned"}, {Name: "name", Type: "string"}, {Name: "year", Type: "unsigned"}},
		Indexes: []box.Index{{Name: "pk", Parts: []box.Part{{Field: 1, Type: "unsigned"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string]tarantool.Opts{"with the schema": {}, "without": {SkipSchema: true}} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, addr, opts)
			for _, space := range []any{"bands", 600} {
				for _, index := range []any{"pk", 0} {
					request := tarantool.NewSelectRequest(space).Index(index)
					got, err := conn.Do(request.Key([]any{uint(2)}).Iterator(tarantool.IterEq)).Get()
					if err != nil || fmt.Sprint(got) != "[[2 Scorpions 1965]]" {
						t.Errorf("%v, %v: got %v, %v", space, index, got, err)
					}
					var all [][]any
					if err := conn.Do(request.Iterator(tarantool.IterAll)).GetTyped(&all); err != nil || len(all) != 2 {
						t.Errorf("%v, %v: got %v, %v", space, index, all, err)
					}
				}
			}
			if _, err := conn.Do(tarantool.NewInsertRequest(600).Tuple([]any{uint(3), "Ace of Base", 1987})).Get(); err == nil {
				t.Error("inserted into what is only read")
			}
		})
	}
	schema, err := tarantool.GetSchema(connect(t, addr, tarantool.Opts{}))
	if err != nil {
		t.Fatal(err)
	}
	if s := schema.Spaces["bands"]; s.Id != 600 || len(s.Fields) != 3 || len(s.Indexes) != 1 {
		t.Errorf("the schema says %+v", s)
	}
}

// A band is a tuple of the space bands.
type band struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // read by msgpack
	ID       uint64   // an any would be an int8, and signed when it is sent back: Tarantool refuses that, too
	Name     string
	Year     uint64
}

func TestPages(t *testing.T) {
	srv, addr := start(t)
	var tuples bands
	for i := range 100 {
		tuples = append(tuples, []any{i, fmt.Sprint("band ", i), 1960 + i%5})
	}
	err := srv.SetSpaces(box.Space{Name: "bands", ID: 600, Handler: tuples, // which knows nothing of pages
		Indexes: []box.Index{{Name: "pk", Parts: []box.Part{{Field: 1, Type: "unsigned"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, addr, tarantool.Opts{})
	if features := fmt.Sprint(conn.ProtocolInfo().Features); !strings.Contains(features, "IPROTO_FEATURE_PAGINATION") {
		t.Errorf("the server has %s", features)
	}
	request := tarantool.NewSelectRequest("bands").Iterator(tarantool.IterAll).Limit(7).FetchPos(true)
	collect := func(next func(page []band, position []byte) tarantool.SelectRequest) (ids []any) {
		ask := request
		for range 100 {
			f := conn.Do(ask)
			var page []band
			if err := f.GetTyped(&page); err != nil {
				t.Fatal(err)
			}
			for _, tuple := range page {
				ids = append(ids, tuple.ID)
			}
			res, err := f.GetResponse()
			if err != nil {
				t.Fatal(err)
			}
			position, err := res.(*tarantool.SelectResponse).Pos()
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				if position != nil {
					t.Errorf("nothing was selected, and its position is %q", position)
				}
				return ids
			}
			ask = next(page, position)
		}
		t.Fatal("there is no end to it")
		return nil
	}
	var want []any
	for i := range 100 {
		want = append(want, i)
	}
	for name, next := range map[string]func([]band, []byte) tarantool.SelectRequest{
		"by position": func(_ []band, position []byte) tarantool.SelectRequest { return request.After(position) },
		"by tuple":    func(page []band, _ []byte) tarantool.SelectRequest { return request.After(page[len(page)-1]) },
	} {
		if got := collect(next); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	_, err = conn.Do(request.After([]byte("nonsense"))).Get()
	var e tarantool.ServerError
	if !errors.As(err, &e) || e.Code != 247 {
		t.Errorf("got %v", err)
	}
}

func TestWatchers(t *testing.T) {
	srv, addr := start(t)
	conn := connect(t, addr, tarantool.Opts{})
	events := make(chan any, 10)
	w, err := conn.NewWatcher("config", func(e tarantool.WatchEvent) { events <- e.Value })
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-events:
			if fmt.Sprint(got) != want {
				t.Errorf("got %v, want %s", got, want)
			}
		case <-patience(t).Done():
			t.Fatal("no event")
		}
	}
	expect("<nil>")
	for i := range 3 {
		if err := srv.Broadcast("config", i); err != nil {
			t.Fatal(err)
		}
		expect(fmt.Sprint(i))
	}
	w.Unregister()
	reactortest.Eventually(t, func() bool { return srv.Stats().Watchers <= 1 }, "all but box.shutdown to be left alone")
}

// ledger is a TxHandler that counts.
type ledger struct{ begun, committed, rolledBack atomic.Int64 }

func (l *ledger) Begin(context.Context, *box.Request, box.TxOptions) (box.Tx, error) {
	l.begun.Add(1)
	return l, nil
}

func (l *ledger) Commit(context.Context) error { l.committed.Add(1); return nil }

func (l *ledger) Rollback(context.Context) error { l.rolledBack.Add(1); return nil }

func TestStreams(t *testing.T) {
	srv, addr := start(t)
	book := &ledger{}
	srv.Transactions(book)
	conn := connect(t, addr, tarantool.Opts{})
	for i := range 3 {
		stream, err := conn.NewStream()
		if err != nil {
			t.Fatal(err)
		}
		end := tarantool.Request(tarantool.NewCommitRequest())
		if i == 2 {
			end = tarantool.NewRollbackRequest()
		}
		for _, request := range []tarantool.Request{
			tarantool.NewBeginRequest().Timeout(time.Minute),
			tarantool.NewCallRequest("echo").Args([]any{i}),
			end,
		} {
			if _, err := stream.Do(request).Get(); err != nil {
				t.Errorf("%T: %v", request, err)
			}
		}
	}
	if b, c, r := book.begun.Load(), book.committed.Load(), book.rolledBack.Load(); b != 3 || c != 2 || r != 1 {
		t.Errorf("%d begun, %d committed, %d rolled back", b, c, r)
	}
}

func TestGracefulShutdown(t *testing.T) {
	srv, addr := start(t)
	gate, began := make(chan struct{}), make(chan struct{})
	srv.Func("wait", func(context.Context, *box.Request) (any, error) {
		close(began)
		<-gate
		return "done", nil
	})
	events := make(chan tarantool.ConnEvent, 10)
	conn := connect(t, addr, tarantool.Opts{Notify: events})
	f := conn.Do(tarantool.NewCallRequest("wait"))
	<-began
	reactortest.Eventually(t, func() bool { return srv.Stats().Watchers == 1 }, "the client to watch box.shutdown")
	ended := make(chan error, 1)
	go func() { ended <- srv.Shutdown(patience(t)) }()
	for {
		select {
		case e := <-events:
			if e.Kind != tarantool.Shutdown {
				continue
			}
		case <-patience(t).Done():
			t.Fatal("the client was not told")
		}
		break
	}
	if _, err := conn.Do(tarantool.NewPingRequest()).Get(); err == nil {
		t.Error("the client begins something new")
	}
	close(gate)
	if got, err := f.Get(); err != nil || fmt.Sprint(got) != "[done]" {
		t.Errorf("what was under way: %v, %v", got, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	reactortest.Eventually(t, conn.ClosedNow, "the client to have closed")
}
