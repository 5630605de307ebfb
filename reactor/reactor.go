package reactor

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures a Reactor. The zero value works.
type Config struct {
	// Loops is how many loops there are, each a goroutine. 0 means one for
	// every element of CPUs, or, without those, for every processor Go may
	// use; the most is 1024.
	Loops int

	// LockOSThread gives every loop a thread of its own, which runs nothing
	// else: a loop is then never behind other goroutines in the scheduler's
	// queue, and a wake-up between a loop and a goroutine is one between
	// threads. False: the scheduler runs loops as it runs goroutines.
	LockOSThread bool

	// CPUs binds the thread of loop i to the CPU numbered CPUs[i%len(CPUs)],
	// on Linux; it implies LockOSThread. When the kernel refuses, New returns
	// a *CPUError. Empty: to none.
	CPUs []int

	// Logger is told of panics and of trouble no caller can be told of. Nil
	// is silence.
	Logger *slog.Logger

	// FlushTimeout is how long a closed connection may take to deliver what
	// was written before. 0 means 30 seconds.
	FlushTimeout time.Duration

	// StallAfter is how long one turn of a loop may take before it is logged
	// and counted as a stall: no other handler of that loop runs meanwhile. 0
	// means 100 milliseconds.
	StallAfter time.Duration

	// MaxUnconsumed is how many bytes a handler may leave to come again, other
	// than on its way to what it has asked for by Conn.Expect or while it does
	// not read: the bound on what a peer can make us hold. A connection with
	// more of them ends with ErrUnconsumed. 0 means 16 MiB.
	MaxUnconsumed int

	// Manual, if not nil, runs the loop, of which there is one then. It is for
	// tests. Nil: the loops run by themselves.
	Manual *Manual
}

func (c *Config) check() error {
	if c.Loops < 0 || c.Loops > 1024 {
		return fmt.Errorf("reactor: Config.Loops is %d, want 0 to 1024", c.Loops)
	}
	for _, cpu := range c.CPUs {
		if cpu < 0 || cpu > maxCPU {
			return fmt.Errorf("reactor: Config.CPUs has %d, want 0 to %d", cpu, maxCPU)
		}
	}
	if c.FlushTimeout < 0 {
		return fmt.Errorf("reactor: Config.FlushTimeout is %v, want 0 or more", c.FlushTimeout)
	}
	if c.StallAfter < 0 {
		return fmt.Errorf("reactor: Config.StallAfter is %v, want 0 or more", c.StallAfter)
	}
	if c.StallAfter == 0 {
		c.StallAfter = 100 * time.Millisecond
	}
	if c.MaxUnconsumed < 0 {
		return fmt.Errorf("reactor: Config.MaxUnconsumed is %d, want 0 or more", c.MaxUnconsumed)
	}
	if c.MaxUnconsumed == 0 {
		c.MaxUnconsumed = 16 << 20
	}
	if c.Manual != nil && c.Loops > 1 {
		return errManual
	}
	if c.Loops == 0 && c.Manual != nil {
		c.Loops = 1
	}
	if c.Loops == 0 {
		c.Loops = min(len(c.CPUs), 1024)
	}
	if c.Loops == 0 {
		c.Loops = runtime.GOMAXPROCS(0)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.FlushTimeout == 0 {
		c.FlushTimeout = 30 * time.Second
	}
	return nil
}

// A Reactor is a number of loops that share listeners and connections.
type Reactor struct {
	// immutable
	cfg       Config
	loops     []*Loop
	workers   *workers
	resolvers *workers     // look up names; apart, as what the others run may wait for that
	seed      maphash.Seed // of Placement PeerHash

	next atomic.Uint32

	mu        sync.Mutex
	listeners map[*Listener]struct{}
	stopping  bool

	once    sync.Once
	stopped chan struct{} // closed when all loops have ended
}

// New starts a reactor. Shutdown or Close ends it. Safe to call from any
// goroutine.
func New(cfg Config) (*Reactor, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.CPUs = slices.Clone(cfg.CPUs)
	r := &Reactor{cfg: cfg, workers: newWorkers(), resolvers: newWorkers(),
		seed: maphash.MakeSeed(), listeners: map[*Listener]struct{}{}, stopped: make(chan struct{})}
	for i := range cfg.Loops {
		l, err := newLoop(r, i)
		if err != nil {
			for _, l := range r.loops {
				l.free()
			}
			return nil, fmt.Errorf("reactor: starting loop %d: %w", i, err)
		}
		r.loops = append(r.loops, l)
	}
	if cfg.Manual != nil {
		if err := cfg.Manual.bind(r.loops[0]); err != nil {
			r.loops[0].free()
			return nil, err
		}
	}
	for _, l := range r.loops {
		go l.run()
	}
	return r.pinned()
}

// pinned waits until the loops have the threads they want.
func (r *Reactor) pinned() (*Reactor, error) {
	if r.cfg.Manual != nil || !r.cfg.LockOSThread && len(r.cfg.CPUs) == 0 {
		return r, nil
	}
	errs := make(chan error, len(r.loops)) // each loop sends one
	for _, l := range r.loops {
		_ = l.Post(func() { errs <- l.pinErr })
	}
	for range r.loops {
		if err := <-errs; err != nil {
			_ = r.Close()
			return nil, err
		}
	}
	return r, nil
}

// Loops returns how many loops there are. Safe to call from any goroutine.
func (r *Reactor) Loops() int { return len(r.loops) }

// Loop returns loop number i, from 0. Safe to call from any goroutine.
func (r *Reactor) Loop(i int) *Loop { return r.loops[i] }

// Next returns the loop whose turn it is to get the next connection: they take
// turns. Safe to call from any goroutine.
func (r *Reactor) Next() *Loop {
	return r.loops[int(r.next.Add(1)-1)%len(r.loops)]
}

// Conns returns how many event-driven connections are open. Safe to call from
// any goroutine.
func (r *Reactor) Conns() int {
	n := int64(0)
	for _, l := range r.loops {
		n += l.conns.Load()
	}
	return int(n)
}

// onLoop reports whether the caller runs on one of the loops, in a callback or
// in a fiber.
func (r *Reactor) onLoop() bool { return slices.ContainsFunc(r.loops, (*Loop).isHere) }

// adopt makes ln one of those that Shutdown closes.
func (r *Reactor) adopt(ln *Listener) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping {
		return ErrStopped
	}
	r.listeners[ln] = struct{}{}
	return nil
}

func (r *Reactor) forget(ln *Listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.listeners, ln)
}

// Shutdown stops accepting, closes every connection once its output has left,
// waits for the descriptors others have given to Watch to be closed, and then
// stops the loops. When ctx is done first, what is left is dropped, and the
// error is ctx's cause. Every connection's OnClose has been called when it
// returns. Safe to call from any goroutine but a loop's, where it returns
// ErrOnLoop.
func (r *Reactor) Shutdown(ctx context.Context) error {
	if r.onLoop() {
		return ErrOnLoop
	}
	var err error
	r.once.Do(func() {
		if m := r.cfg.Manual; m != nil {
			m.free()
		}
		r.closeListeners()
		err = r.drain(ctx)
		r.stop()
		close(r.stopped)
	})
	<-r.stopped
	return err
}

// Close stops the loops at once: what is queued is dropped. Safe to call from
// any goroutine but a loop's, where it returns ErrOnLoop.
func (r *Reactor) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Shutdown(ctx); err == ErrOnLoop { //nolint:errorlint // our own value
		return err
	}
	return nil
}

func (r *Reactor) closeListeners() {
	r.mu.Lock()
	r.stopping = true
	open := make([]*Listener, 0, len(r.listeners))
	for ln := range r.listeners {
		open = append(open, ln)
	}
	r.mu.Unlock()
	for _, ln := range open {
		_ = ln.Close()
	}
}

func (r *Reactor) drain(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	drained := make([]chan struct{}, len(r.loops))
	for i, l := range r.loops {
		drained[i] = make(chan struct{})
		_ = l.Post(func() { l.drain(drained[i]) })
	}
	for i, l := range r.loops {
		select {
		case <-drained[i]:
		case <-l.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (r *Reactor) stop() {
	for _, l := range r.loops {
		_ = l.Post(func() { l.stopped = true })
	}
	for _, l := range r.loops {
		<-l.done
	}
}

// standard is the one piece of package-level state: the reactor for those who
// bring none of their own.
var standard struct {
	mu sync.Mutex
	r  *Reactor
}

// Default returns the reactor that packages above use when they are given
// none. It is started with the zero Config when it is first asked for, and
// again when it was shut down since. Safe to call from any goroutine.
func Default() (*Reactor, error) {
	standard.mu.Lock()
	defer standard.mu.Unlock()
	if standard.r != nil {
		select {
		case <-standard.r.stopped:
		default:
			return standard.r, nil
		}
	}
	r, err := New(Config{})
	if err != nil {
		return nil, err
	}
	standard.r = r
	return r, nil
}
