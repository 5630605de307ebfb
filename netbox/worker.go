package netbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// The worker is the fiber that makes a Conn's connection, reads the schema when
// it has changed, looks after a silent server, and makes the connection again.
// It runs on the loop of the sockets, so what a link's loop owns is the
// worker's, too. Between those occasions it is parked.

// start starts the worker on a loop: that of the caller's fiber, if it is one of
// the reactor's.
func (c *Conn) start(ctx context.Context) error {
	r := c.opts.Reactor
	loop := r.Next()
	if x := reactor.Current(ctx); x != nil {
		if id := x.Loop().ID(); id < r.Loops() && r.Loop(id) == x.Loop() {
			loop = x.Loop()
		}
	}
	_, err := loop.Go(context.Background(), c.run)
	return err
}

// run is the worker.
func (c *Conn) run(ctx context.Context) {
	c.bell.open(ctx)
	defer c.end()
	whileOpen := reactor.Current(ctx).Context(c.ctx)
	pause := pause{first: c.opts.ReconnectAfter, most: c.opts.ReconnectMax}
	var last error
	for {
		l, err := c.establish(whileOpen)
		if err == nil {
			pause.reset()
			last, err = nil, c.serve(ctx, l)
		} else {
			c.failed(err, last)
			last = err
		}
		if c.over(err) || reactor.Sleep(whileOpen, pause.next()) != nil {
			return
		}
		c.counts.reconnects.Add(1)
	}
}

// end makes the state final when it is not.
func (c *Conn) end() {
	c.live.Store(nil)
	c.bell.close()
	_, err := c.machine.now()
	if c.isClosing() || err == nil {
		err = ErrClosed
	}
	state := StateError
	if c.isClosing() {
		state = StateClosed
	}
	c.machine.enter(state, err)
	c.machine.tell()
	c.closed.Open()
	c.announce()
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// over reports whether a connection that has ended because of err is not made
// again.
func (c *Conn) over(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.fatal || !c.machine.reconnects || errors.Is(err, reactor.ErrStopped)
}

// failed takes note that an attempt to connect has failed. The first of equal
// failures is logged as a warning; last is the one before, nil when there was
// none.
func (c *Conn) failed(err, last error) {
	if c.isClosing() {
		return
	}
	level := slog.LevelWarn
	if last != nil && last.Error() == err.Error() {
		level = slog.LevelDebug
	}
	c.log.Log(context.Background(), level, "netbox: not connected", slog.String("peer", c.peer), slog.Any("err", err))
	c.counts.failures.Add(1)
	c.broken(err)
	c.announce()
}

// broken enters the state that follows a failure.
func (c *Conn) broken(err error) {
	state := StateErrorReconnect
	if c.over(err) {
		state = StateError
	}
	if c.isClosing() {
		state, err = StateClosed, ErrClosed
	}
	c.machine.enter(state, err)
	c.machine.tell()
}

// lost takes note that l has ended, or is about to, before those are told whose
// requests were under way. Called on the loop.
func (c *Conn) lost(l *link, err error) {
	c.live.CompareAndSwap(l, nil)
	if !l.served {
		return // the worker, which is still connecting, sees to it
	}
	l.served = false
	c.reloading.Store(false)
	c.broken(err)
}

// announce wakes those who wait for a state that was entered, when the triggers
// before it have run.
func (c *Conn) announce() {
	number := c.machine.number()
	c.triggers.jobs.add(func() { c.machine.tellAll(number) })
}

// serve sees to a link that is active until it ends, and returns why it has.
func (c *Conn) serve(ctx context.Context, l *link) error {
	c.connected(l)
	watch := vigil{link: l, every: c.opts.PingEvery, patience: c.opts.PingTimeout}
	for !l.gone.IsOpen() {
		err := c.bell.wait(ctx, watch.next(time.Now()))
		switch {
		case errors.Is(err, reactor.ErrTimeout):
			watch.look(time.Now())
		case err != nil: // the loop has stopped, and may not have told the link
			l.abort(err)
			return err
		case l.isStale():
			c.reload(ctx, l)
		}
	}
	number := c.machine.number()
	c.triggers.jobs.add(func() {
		c.fire("on_disconnect", &c.triggers.disconnect)
		c.machine.tellAll(number)
	})
	return l.reason()
}

// connected runs the triggers of a link that has become active.
func (c *Conn) connected(l *link) {
	c.counts.connects.Add(1)
	c.log.Info("netbox: connected", slog.String("peer", c.peer), slog.String("version", l.greeting.Version))
	c.watchers.connected(l)
	number := c.machine.number()
	c.triggers.jobs.add(func() {
		if l.schema {
			c.fire("on_schema_reload", &c.triggers.reload)
		}
		if err := c.triggers.connect.run(c); err != nil {
			c.rejected(l, fmt.Errorf("%w: %w", ErrOnConnect, err))
		}
		c.machine.tellAll(number)
	})
}

// rejected breaks a connection because of its on_connect triggers. Those who
// wait for it to be active go on waiting.
func (c *Conn) rejected(l *link, err error) {
	c.machine.revoke(StateActive)
	c.mu.Lock()
	c.fatal = c.opts.FatalOnConnectError
	c.mu.Unlock()
	_ = l.loop.Post(func() { l.abort(err) })
}

// A bell wakes the worker.
type bell struct {
	mu sync.Mutex
	w  *reactor.Waiter // nil: there is no worker
}

// open makes the caller the one who is woken.
func (b *bell) open(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.w = reactor.NewWaiter(ctx)
}

func (b *bell) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.w.Free()
	b.w = nil
}

// ring ends the wait under way, or the next one. Safe to call from any
// goroutine.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w != nil {
		b.w.Wake()
	}
}

// wait waits for ring. The error is reactor.ErrTimeout after the deadline.
func (b *bell) wait(ctx context.Context, deadline time.Time) error { return b.w.Wait(ctx, deadline) }
