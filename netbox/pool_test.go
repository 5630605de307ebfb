package netbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// pool connects a pool for the time of the test.
func pool(t testing.TB, opts PoolOptions, instances ...Instance) *Pool {
	t.Helper()
	if opts.ReconnectAfter == 0 {
		opts.ReconnectAfter = 5 * time.Millisecond
	}
	p, err := ConnectPool(patience(t), instances, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// An actor is a server that says of itself what the test wants.
type actor struct {
	*box.Server
	Instance
	mu   sync.Mutex
	info any   // what box.info returns
	err  error // what everything else returns
	who  string
	hits int
}

func (a *actor) set(info any, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.info, a.err = info, err
}

// asked tells how often "who" was called.
func (a *actor) asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hits
}

// status is what box.info tells.
func status(ro bool) map[string]any { return map[string]any{"ro": ro, "status": "running"} }

// act starts a server whose function who returns its name.
func act(t testing.TB, name string, info any) *actor {
	t.Helper()
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	a := &actor{Server: srv, who: name, info: info}
	srv.Func("box.info", func(context.Context, *box.Request) (any, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if err, failed := a.info.(error); failed {
			return nil, err
		}
		return a.info, nil
	})
	srv.Func("who", func(context.Context, *box.Request) (any, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.hits++
		return a.who, a.err
	})
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.Instance = Instance{Name: name, Address: addr.String()}
	return a
}

// quick are options with which changes are noticed soon.
func quick() PoolOptions {
	return PoolOptions{CheckEvery: 10 * time.Millisecond, CheckTimeout: reactortest.Patience, Options: Options{NoSchema: true}}
}

// awaitMode waits until the pool has found out what an instance is.
func awaitMode(t *testing.T, p *Pool, name string, want Mode) {
	t.Helper()
	reactortest.Eventually(t, func() bool {
		for _, i := range p.Instances() {
			if i.Name == name {
				return i.Mode == want
			}
		}
		return false
	}, "%s to be %v: %+v", name, want, p.Instances())
}

// who calls the function of that name until it has seen all that answer.
func who(t *testing.T, r Requester) string {
	t.Helper()
	seen := map[string]bool{}
	for range 50 {
		res, err := r.Call(patience(t), "who")
		if err != nil {
			t.Fatal(err)
		}
		seen[res.String(0)] = true
	}
	var names []string
	for _, name := range []string{"a", "b", "c"} {
		if seen[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestPoolChoosesByRole(t *testing.T) {
	a, b, c := act(t, "a", status(false)), act(t, "b", status(true)), act(t, "c", status(true))
	p := pool(t, quick(), a.Instance, b.Instance, c.Instance)
	awaitMode(t, p, "a", ModeReadWrite)
	awaitMode(t, p, "b", ModeReadOnly)
	awaitMode(t, p, "c", ModeReadOnly)
	for role, want := range map[Role]string{RW: "a", RO: "b c", PreferRW: "a", PreferRO: "b c", Any: "a b c"} {
		if got := who(t, p.Role(role)); got != want {
			t.Errorf("%v: %s answered, want %s", role, got, want)
		}
	}
	a.set(status(true), nil)
	awaitMode(t, p, "a", ModeReadOnly)
	if got := who(t, p.Role(PreferRW)); got != "a b c" {
		t.Errorf("PreferRW without one: %s answered", got)
	}
	for _, x := range []*actor{a, b, c} {
		x.set(status(false), nil)
	}
	awaitMode(t, p, "b", ModeReadWrite)
	awaitMode(t, p, "c", ModeReadWrite)
	awaitMode(t, p, "a", ModeReadWrite)
	if got := who(t, p.Role(PreferRO)); got != "a b c" {
		t.Errorf("PreferRO without one: %s answered", got)
	}
	if m := p.Metrics(); m.Answers < 200 || m.Connects != 3 || m.State != StateActive {
		t.Errorf("%+v", m)
	}
}

func TestPoolUnderstandsWhatInstancesSay(t *testing.T) {
	for name, tt := range map[string]struct {
		info any
		want Mode
	}{
		"writable":      {status(false), ModeReadWrite},
		"orphan":        {map[string]any{"ro": false, "status": "orphan"}, ModeReadOnly},
		"loading":       {map[string]any{"ro": true, "status": "loading"}, ModeDown},
		"hot standby":   {map[string]any{"ro": true, "status": "hot_standby"}, ModeDown},
		"no status":     {map[string]any{"ro": true}, ModeReadOnly},
		"no such thing": {iproto.NewError(iproto.CodeNoSuchProc, "Procedure 'box.info' is not defined"), ModeReadWrite},
		"access denied": {iproto.NewError(iproto.CodeAccessDenied, "Execute access to function 'box.info' is denied"), ModeUnknown},
		"bootstrapping": {iproto.NewError(iproto.CodeLoading, "Instance bootstrap hasn't finished yet"), ModeDown},
		"nonsense":      {"ahoy", ModeDown},
	} {
		t.Run(name, func(t *testing.T) {
			a := act(t, "a", tt.info)
			opts := quick()
			opts.NoWait = true
			p := pool(t, opts, a.Instance)
			awaitMode(t, p, "a", tt.want)
			err := p.Instances()[0].Err
			reactortest.Eventually(t, func() bool {
				err = p.Instances()[0].Err
				return (err != nil) == (tt.want <= ModeUnknown) && !errors.Is(err, errConnecting)
			},
				"the reason to be there: %v", err)
			if tt.want == ModeUnknown {
				if got := who(t, p.Role(Any)); got != "a" {
					t.Errorf("Any: %q", got)
				}
			}
		})
	}
}

func TestPoolErrorsTellOfEveryInstance(t *testing.T) {
	a := act(t, "a", status(true))
	p := pool(t, quick(), a.Instance, Instance{Name: "gone", Address: "user:secret@127.0.0.1:1"})
	reactortest.Eventually(t, func() bool { return p.Instances()[1].Metrics.Failures > 0 }, "the other one to be refused")
	awaitMode(t, p, "a", ModeReadOnly)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := p.Role(RW).Call(ctx, "who")
	var e *PoolError
	if !errors.As(err, &e) || e.Role != RW || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrNotSent) || !SafeToRetry(err) ||
		errors.Is(err, ErrMaybeExecuted) || !errors.Is(err, iproto.CodeNoConnection) || len(e.Tried) != 0 || len(e.Unfit) != 2 {
		t.Errorf("got %#v", err)
	}
	for _, want := range []string{"pool: RW: ", "a is out: it is read-only", "gone is out", "refused"} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for name, f := range map[string]func() error{
		"Send":   func() error { _, err := p.Role(RW).Send(Call("who")).Wait(ctx); return err },
		"stream": func() error { return p.Role(RW).NewStream().Begin(patience(t), TxnOptions{}) },
	} {
		if err := f(); !errors.As(err, &e) || !errors.Is(err, ErrNoInstance) || !SafeToRetry(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if info := p.Role(RW).Space("bands").Info(); info != nil {
		t.Errorf("info of a space without an instance: %+v", info)
	}
	for _, err := range p.Role(RW).Space("bands").Pairs(patience(t), Key(), SelectOptions{}) {
		if !errors.Is(err, ErrNoInstance) {
			t.Errorf("Pairs: got %v", err)
		}
	}
	if _, err := p.Role(RW).Prepare(patience(t), "SELECT 1"); !errors.Is(err, ErrNoInstance) {
		t.Errorf("Prepare: got %v", err)
	}
	opts := quick()
	opts.MaxWait = time.Millisecond
	impatient := pool(t, opts, a.Instance)
	if err := impatient.Role(RW).Ping(patience(t)); !errors.Is(err, ErrNoInstance) || !errors.Is(err, ErrNotSent) {
		t.Errorf("MaxWait: got %v", err)
	}
}

func TestPoolWaitsForAnInstance(t *testing.T) {
	a := act(t, "a", status(true))
	p := pool(t, quick(), a.Instance)
	done := make(chan error, 1)
	go func() { done <- p.Role(RW).Ping(patience(t)) }()
	select {
	case err := <-done:
		t.Fatalf("answered by a read-only instance: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	a.set(status(false), nil)
	if err := <-done; err != nil {
		t.Error(err)
	}
	c, err := p.Conn(patience(t), RW)
	if err != nil || c.Peer() != a.Address {
		t.Fatalf("%v, %v", c, err)
	}
	if _, err := c.Call(patience(t), "who"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(patience(t))
	cancel()
	if _, err := p.Conn(ctx, RO); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPoolAddsAndRemoves(t *testing.T) {
	a, b := act(t, "a", status(false)), act(t, "b", status(false))
	b.Func("slow", func(ctx context.Context, _ *box.Request) (any, error) {
		return "done", reactor.Sleep(ctx, 50*time.Millisecond)
	})
	p := pool(t, quick(), b.Instance)
	slow := p.Role(RW).Send(Call("slow"))
	if err := p.Add(a.Instance); err != nil {
		t.Fatal(err)
	}
	awaitMode(t, p, "a", ModeReadWrite)
	if err := p.Add(Instance{Name: "a", Address: "127.0.0.1:1"}); !errors.Is(err, ErrInstance) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("added twice: %v", err)
	}
	if err := p.Add(Instance{Address: ""}); err == nil {
		t.Error("added an empty address")
	}
	before := p.Metrics()
	if err := p.Remove(patience(t), "b"); err != nil {
		t.Error(err)
	}
	if r, err := slow.Result(); err != nil || r.String(0) != "done" {
		t.Errorf("a request under way was lost: %v", err)
	}
	if err := p.Remove(patience(t), "b"); !errors.Is(err, ErrInstance) {
		t.Errorf("removed twice: %v", err)
	}
	if got := who(t, p.Role(Any)); got != "a" {
		t.Errorf("%s answered", got)
	}
	if m := p.Metrics(); m.Requests < before.Requests+50 || len(p.Instances()) != 1 {
		t.Errorf("%+v, before %+v", m, before)
	}
	if err := p.Remove(patience(t), "a"); err != nil {
		t.Error(err)
	}
	if err := p.Role(Any).WithTimeout(time.Millisecond).Ping(context.Background()); !errors.Is(err, errTimedOut) {
		t.Errorf("an empty pool: %v", err)
	}
}

func TestRemoveDoesNotWaitForever(t *testing.T) {
	a := act(t, "a", status(false))
	release := make(chan struct{})
	a.Func("stuck", func(context.Context, *box.Request) (any, error) { <-release; return nil, nil })
	defer close(release)
	p := pool(t, quick(), a.Instance)
	stuck := p.Role(RW).Send(Call("stuck"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := p.Remove(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := stuck.Wait(patience(t)); !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("the request under way: %v", err)
	}
}

func TestPoolCloses(t *testing.T) {
	a := act(t, "a", status(true))
	p := pool(t, quick(), a.Instance)
	waiting := make(chan error, 1)
	go func() { waiting <- p.Role(RW).Ping(patience(t)) }()
	reactortest.Eventually(t, func() bool { p.mu.Lock(); defer p.mu.Unlock(); return len(p.waiting) == 1 }, "the ping to wait")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := p.Close(); err != nil && !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := <-waiting; !errors.Is(err, ErrClosed) || !errors.Is(err, ErrNotSent) {
		t.Errorf("who was waiting: %v", err)
	}
	if err := p.Role(RO).Ping(patience(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("C42: %v", err)
	}
	if err := p.Add(a.Instance); !errors.Is(err, ErrClosed) {
		t.Errorf("Add: %v", err)
	}
	if err := p.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("C40: %v", err)
	}
}

func TestPoolOptionsAreChecked(t *testing.T) {
	here := Instance{Address: "127.0.0.1:1"}
	for want, f := range map[string]func() ([]Instance, PoolOptions){
		"CheckEvery": func() ([]Instance, PoolOptions) { return nil, PoolOptions{CheckEvery: -1} },
		"MaxWait":    func() ([]Instance, PoolOptions) { return nil, PoolOptions{MaxWait: -1} },
		"Sockets":    func() ([]Instance, PoolOptions) { return nil, PoolOptions{Sockets: -1} },
		"attempts": func() ([]Instance, PoolOptions) {
			return nil, PoolOptions{Options: Options{Retry: Retry{Attempts: -1}}}
		},
		"FatalOnConnect": func() ([]Instance, PoolOptions) { return nil, PoolOptions{Options: Options{FatalOnConnectError: true}} },
		"in the pool":    func() ([]Instance, PoolOptions) { return []Instance{here, here}, PoolOptions{} },
		"empty address":  func() ([]Instance, PoolOptions) { return []Instance{here, {}}, PoolOptions{} },
	} {
		instances, opts := f()
		if _, err := ConnectPool(patience(t), instances, opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := ConnectPool(ctx, []Instance{here}, PoolOptions{})
	var e *PoolError
	if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || len(e.Unfit) != 1 || e.Unfit[0].Instance != here.Address {
		t.Errorf("nobody there: %v", err)
	}
}

func TestPoolInFibers(t *testing.T) {
	a, b := act(t, "a", status(false)), act(t, "b", status(true))
	r, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Go(context.Background(), func(ctx context.Context) {
		p, err := ConnectPool(ctx, []Instance{a.Instance, b.Instance}, quick())
		if err != nil {
			t.Error(err)
			return
		}
		if err := p.Wait(ctx, RO); err != nil {
			t.Error(err)
		}
		for range 50 {
			if res, err := p.Role(RO).Call(ctx, "who"); err != nil || res.String(0) != "b" {
				t.Errorf("%q, %v", res.String(0), err)
			}
		}
		if err := p.Remove(ctx, "a"); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestRolesAndModesHaveNames(t *testing.T) {
	if got := fmt.Sprint(RW, RO, PreferRW, PreferRO, Any, Role(9)); got != "RW RO PreferRW PreferRO Any role 9" {
		t.Error(got)
	}
	if got := fmt.Sprint(ModeDown, ModeUnknown, ModeReadOnly, ModeReadWrite, Mode(9)); got != "down unknown read-only read-write mode 9" {
		t.Error(got)
	}
}
