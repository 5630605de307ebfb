package box

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

var soakFlag = flag.Duration("soak", 0, "how long TestSoak runs, with 2,000 clients; 0: KHARON_SOAK, or a short run with 200")

// soakTime tells how long the test runs, and with how many clients.
func soakTime(t *testing.T) (time.Duration, int) {
	t.Helper()
	d := *soakFlag
	if text := os.Getenv("KHARON_SOAK"); d == 0 && text != "" {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			t.Fatalf("KHARON_SOAK: %v", err)
		}
	}
	if d > 0 {
		return d, 2000
	}
	return 2 * time.Second, 200
}

// A soak is a server with all kinds of clients, and what has been counted.
type soak struct {
	t       *testing.T
	srv     *Server
	addr    string
	secret  string // its address with TLS
	config  *tls.Config
	reactor *reactor.Reactor // of the clients

	connected, disconnected atomic.Int64 // clients
	started, ended          atomic.Int64 // requests
	begun, settled          atomic.Int64 // transactions
	asked, answered         atomic.Int64 // by clients that stay
	lives                   atomic.Int64 // of clients
}

func newSoak(t *testing.T) *soak {
	s := &soak{t: t}
	var err error
	if s.reactor, err = reactor.New(reactor.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.reactor.Close() })
	s.srv, s.secret, s.config = startTLS(t, Config{PacketTimeout: time.Second, MaxRequests: 5000, MaxInFlight: 64, SlowReader: Block,
		Trace: &Trace{
			Connected:    func(Session) { s.connected.Add(1) },
			Disconnected: func(Session, error) { s.disconnected.Add(1) },
			RequestStart: func(*Request) { s.started.Add(1) },
			RequestEnd:   func(*Request, time.Duration, error) { s.ended.Add(1) },
		}}, ListenOptions{})
	addr, err := s.srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = addr.String()
	echo := func(_ context.Context, req *Request) (any, error) { return req.Args(), nil }
	for name, mode := range map[string]Mode{"echo": Goroutine, "echo_fiber": Fiber, "echo_inline": Inline} {
		s.srv.FuncWith(FuncOptions{Mode: mode}, name, echo)
	}
	for name, mode := range map[string]Mode{"sleep": Goroutine, "sleep_fiber": Fiber} {
		s.srv.FuncWith(FuncOptions{Mode: mode}, name, func(ctx context.Context, req *Request) (any, error) {
			return nil, reactor.Sleep(ctx, time.Duration(req.Args().Int(0))*time.Millisecond)
		})
	}
	s.srv.Transactions(s)
	return s
}

// Begin begins a transaction.
func (s *soak) Begin(context.Context, *Request, TxOptions) (Tx, error) {
	s.begun.Add(1)
	return soakTx{s}, nil
}

type soakTx struct{ s *soak }

func (tx soakTx) Commit(context.Context) error { tx.s.settled.Add(1); return nil }

func (tx soakTx) Rollback(context.Context) error { tx.s.settled.Add(1); return nil }

func TestSoak(t *testing.T) {
	length, clients := soakTime(t)
	s := newSoak(t)
	ctx, stop := context.WithTimeout(t.Context(), length)
	defer stop()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { s.client(ctx, uint64(i)) })
	}
	wg.Go(func() { s.broadcast(ctx) })
	soakFor(ctx, length/3)
	early := liveHeap()
	soakFor(ctx, length)
	late := liveHeap()
	wg.Wait()
	s.srv.SetMaxRequests(0)
	t.Logf("%d clients in %d lives; %d requests of those who stay; live heap %d KiB after a third of the time, %d KiB at the end; %+v",
		clients, s.lives.Load(), s.asked.Load(), early>>10, late>>10, s.srv.Stats())
	if late > early+early/2+64<<20 {
		t.Errorf("the heap grows: %d KiB after a third of the time, %d KiB at the end", early>>10, late>>10)
	}
	s.settle()
}

// soakFor waits for d, or until ctx is done.
func soakFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// liveHeap returns how many bytes are in use.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// settle checks that everything adds up when the clients have gone.
func (s *soak) settle() {
	reactortest.Eventually(s.t, func() bool {
		st := s.srv.Stats()
		return st.Connections == 0 && st.RequestsInProgress == 0 && st.RequestsWaiting == 0 && st.Streams == 0 &&
			st.RequestsInStreamQueue == 0 && st.Watchers == 0 && s.begun.Load() == s.settled.Load() && s.started.Load() == s.ended.Load()
	}, "everything to come to an end")
	st := s.srv.Stats()
	if n := uint64(s.connected.Load()); n != uint64(s.disconnected.Load()) || n+st.HandshakesFailed != st.ConnectionsTotal || n == 0 {
		s.t.Errorf("%d clients have come and %d gone; %+v", n, s.disconnected.Load(), st)
	}
	if a, b := s.asked.Load(), s.answered.Load(); a != b || a == 0 {
		s.t.Errorf("%d requests, %d answers", a, b)
	}
	if st.Requests < uint64(s.answered.Load()) || st.Panics != 0 || st.ConnectionsRefused != 0 {
		s.t.Errorf("%+v", st)
	}
}

// broadcast changes what is watched.
func (s *soak) broadcast(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		if err := s.srv.Broadcast("news", i); err != nil {
			s.t.Error(err)
		}
		soakFor(ctx, 10*time.Millisecond)
	}
}

// client is one client after the other, of all kinds.
func (s *soak) client(ctx context.Context, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for ctx.Err() == nil && !s.t.Failed() {
		s.lives.Add(1)
		if rnd.IntN(8) == 0 {
			s.rude(rnd)
			continue
		}
		c, err := s.connect(rnd)
		if err != nil {
			s.t.Errorf("connecting: %v", err)
			return
		}
		for range 1 + rnd.IntN(30) {
			if err := s.act(rnd, c); err != nil {
				s.t.Errorf("client %d: %v", seed, err)
				break
			}
		}
		if rnd.IntN(2) == 0 {
			s.vanish(rnd, c)
		}
		_ = c.Close()
	}
}

// connect makes a connection: over TCP, with TLS or within the program.
func (s *soak) connect(rnd *rand.Rand) (*netbox.Conn, error) {
	ctx, cancel := s.patience()
	defer cancel()
	o := netbox.Options{Reactor: s.reactor}
	switch rnd.IntN(16) {
	case 0:
		o.TLS = s.config
		return netbox.Connect(ctx, s.secret, o)
	case 1:
		return netbox.Self(ctx, s.srv, o)
	}
	return netbox.Connect(ctx, s.addr, o)
}

func (s *soak) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), reactortest.Patience)
}

// act does one thing that must succeed.
func (s *soak) act(rnd *rand.Rand, c *netbox.Conn) error {
	ctx, cancel := s.patience()
	defer cancel()
	s.asked.Add(1)
	k := rnd.IntN(len(soakActs))
	err := soakActs[k](ctx, rnd, c)
	if err != nil {
		err = fmt.Errorf("act %d with %s: %w", k, c.Peer(), err)
	}
	if err == nil {
		s.answered.Add(1)
	}
	return err
}

var errWrongAnswer = errors.New("wrong answer")

var soakActs = []func(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error{
	func(ctx context.Context, _ *rand.Rand, c *netbox.Conn) error { return c.Ping(ctx) },
	soakCall("echo"), soakCall("echo_fiber"), soakCall("echo_inline"),
	soakPipeline, soakPushes, soakWatch, soakTransaction, soakCancel,
}

func soakCall(name string) func(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
	return func(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
		n := rnd.Int64N(1 << 40)
		r, err := c.Call(ctx, name, n)
		if err == nil && r.Int(0) != n {
			err = errWrongAnswer
		}
		return err
	}
}

// soakPipeline sends many requests, and then takes the answers.
func soakPipeline(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
	futures := make([]*netbox.Future, 1+rnd.IntN(200))
	for i := range futures {
		futures[i] = c.Send(netbox.Call("echo", i))
	}
	for i, f := range futures {
		if r, err := f.Wait(ctx); err != nil {
			return err
		} else if r.Int(0) != int64(i) {
			return errWrongAnswer
		}
	}
	return nil
}

// soakPushes counts pushes.
func soakPushes(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
	want, got := rnd.Int64N(100), int64(0)
	for v, err := range c.Send(netbox.Call("push_n", want)).Pushes(ctx) {
		if err != nil {
			return err
		}
		if n, err := v.Int(); err != nil || n != got+1 {
			return errors.Join(errWrongAnswer, err)
		}
		got++
	}
	if got != want {
		return errWrongAnswer
	}
	return nil
}

// soakWatch waits for an event.
func soakWatch(ctx context.Context, _ *rand.Rand, c *netbox.Conn) error {
	heard := make(chan struct{}, 1) // sent to by the watcher
	w, err := c.Watch("news", func(string, netbox.Value) {
		select {
		case heard <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	select {
	case <-heard:
	case <-ctx.Done():
		return ctx.Err()
	}
	return w.Unregister()
}

// soakTransaction makes a transaction, which mostly ends.
func soakTransaction(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
	tx := c.NewStream()
	if err := tx.Begin(ctx, netbox.TxnOptions{}); err != nil {
		return err
	}
	if err := soakPipelineIn(ctx, tx); err != nil {
		return err
	}
	switch rnd.IntN(3) {
	case 0:
		return tx.Commit(ctx)
	case 1:
		return tx.Rollback(ctx)
	}
	return nil
}

func soakPipelineIn(ctx context.Context, tx *netbox.Stream) error {
	a, b := tx.Send(netbox.Call("echo", 1)), tx.Send(netbox.Call("echo_fiber", 2))
	_, err := a.Wait(ctx)
	_, err2 := b.Wait(ctx)
	return errors.Join(err, err2)
}

// soakCancel gives up a request, perhaps before it is answered.
func soakCancel(ctx context.Context, rnd *rand.Rand, c *netbox.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rnd.IntN(5000))*time.Microsecond)
	defer cancel()
	_, err := c.Call(ctx, []string{"sleep", "sleep_fiber"}[rnd.IntN(2)], rnd.IntN(5))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// vanish closes a connection with requests under way, which must all come to an end.
func (s *soak) vanish(rnd *rand.Rand, c *netbox.Conn) {
	ctx, cancel := s.patience()
	defer cancel()
	var futures []*netbox.Future
	for range rnd.IntN(100) {
		futures = append(futures, c.Send(netbox.Call([]string{"echo", "sleep", "push_n"}[rnd.IntN(3)], rnd.IntN(20))))
	}
	_ = c.Close()
	for _, f := range futures {
		if _, err := f.Wait(ctx); errors.Is(err, context.DeadlineExceeded) {
			s.t.Error("a request outlives its connection")
		}
	}
}

// rude is a client that breaks the rules.
func (s *soak) rude(rnd *rand.Rand) {
	addr := s.addr
	if rnd.IntN(16) == 0 {
		addr = s.secret
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	packet := call(1, "push_n", 1000)
	switch rnd.IntN(5) {
	case 0: // half a packet, and a wait until the server has enough of it
		_, _ = c.Write(packet[:rnd.IntN(len(packet))])
		if rnd.IntN(8) == 0 {
			_, _ = c.Read(make([]byte, iproto.GreetingSize))
			_, _ = c.Read(make([]byte, 1))
		}
	case 1: // garbage
		junk := make([]byte, rnd.IntN(1000))
		for i := range junk {
			junk[i] = byte(rnd.Uint32())
		}
		_, _ = c.Write(junk)
	case 2: // many requests, and nothing is read
		for range rnd.IntN(100) {
			_, _ = c.Write(packet)
		}
	case 3: // a half-close
		_, _ = c.Write(packet)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = c.Read(make([]byte, 1000))
	}
	if rnd.IntN(2) == 0 {
		_ = c.(*net.TCPConn).SetLinger(0)
	}
}
