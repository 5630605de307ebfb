package reactor

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

// queueDelay is the time between two attempts to get into the full queue of a
// unix socket, for whose room there is no event.
const queueDelay = 5 * time.Millisecond

// A race is the making of one connection: attempts at several addresses, of
// which the first to succeed wins. It runs on the loop of the connection.
type race struct {
	// immutable from enter on
	Dialer
	ctx     context.Context
	cancel  context.CancelFunc
	network string
	h       Handler // of the Conn
	raw     bool    // the winner becomes a Desc
	waited  bool    // somebody waits for end
	done    func()  // is called at the end; nil: nobody

	// owned by the loop
	addrs   []net.Addr // not tried yet
	running []*attempt
	errs    []error // of those that have failed, with their addresses
	full    error   // what the full queue of a unix socket says
	timer   *Timer  // for the next attempt
	over    bool
	unwatch func() bool // ends the watch on ctx

	claim atomic.Bool // the outcome has been taken, or nobody wants it

	// set before end opens
	conn   *Conn
	desc   *Desc
	remote net.Addr
	err    error
	end    Gate
}

// enter resolves the address and sends the race to its loop.
func (x *race) enter(r *Reactor, address string) error {
	names := x.Resolver
	if names == nil {
		names = net.DefaultResolver
	}
	addrs, err := resolve(x.ctx, names, x.network, address, false)
	if err != nil {
		if cause := context.Cause(x.ctx); cause != nil && !errors.Is(err, cause) {
			err = &dialErrors{cause, []error{err}}
		}
		x.cancel()
		return dialError(x.network, nil, err)
	}
	x.addrs = interleave(addrs)
	if x.Loop == nil {
		x.Loop = r.place(x.Placement, x.addrs[0])
	}
	if err := x.Loop.send(x); err != nil {
		x.cancel()
		return dialError(x.network, nil, err)
	}
	return nil
}

// run begins the race. Called on the loop.
func (x *race) run() {
	switch {
	case x.Loop.draining:
		x.stop(ErrStopped)
	case x.ctx.Err() != nil:
		x.stop(context.Cause(x.ctx))
	default:
		x.join()
		x.unwatch = context.AfterFunc(x.ctx, func() {
			_ = x.Loop.Post(func() { x.stop(context.Cause(x.ctx)) }) // a loop that has stopped has ended us
		})
		x.next()
	}
}

// join makes x one of those that end with the loop.
func (x *race) join() {
	if x.Loop.races == nil {
		x.Loop.races = map[*race]struct{}{}
	}
	x.Loop.races[x] = struct{}{}
}

// stopRaces ends the races of a loop that stops. Called on the loop.
func (l *Loop) stopRaces() {
	for x := range l.races {
		x.stop(ErrStopped)
	}
}

// next begins the attempt at the next address, and at the one after it when
// that fails at once.
func (x *race) next() {
	for !x.over && len(x.addrs) > 0 {
		addr := x.addrs[0]
		x.addrs = x.addrs[1:]
		if err := x.try(addr); err == nil {
			break
		} else if _, local := addr.(*net.UnixAddr); local && errors.Is(err, syscall.EAGAIN) {
			x.full = dialError(x.network, addr, err)
			x.addrs = slices.Insert(x.addrs, 0, addr)
			x.later(queueDelay)
			return
		} else {
			x.errs = append(x.errs, dialError(x.network, addr, err))
		}
	}
	switch {
	case x.over:
	case len(x.running) == 0:
		x.lose(nil)
	case len(x.addrs) > 0 && x.FallbackDelay >= 0:
		x.later(x.FallbackDelay)
	}
}

// later begins the next attempt after d, 0 being the usual delay.
func (x *race) later(d time.Duration) {
	if d == 0 {
		d = defaultFallbackDelay
	}
	if x.timer == nil {
		x.timer = x.Loop.AfterFunc(d, x.next)
		return
	}
	x.timer.Reset(d)
}

// try begins one attempt. It may be the winner when try returns.
func (x *race) try(addr net.Addr) error {
	fd, pending, err := sysConnect(addr, x.prepare)
	if err != nil {
		return err
	}
	a := &attempt{x, fd, addr}
	if err := x.Loop.attach(fd, a); err != nil {
		_ = sysClose(fd)
		return err
	}
	x.running = append(x.running, a)
	if !pending {
		x.win(a, Writable)
	}
	return nil
}

func (x *race) prepare(fd int) (err error) {
	if x.Prepare == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			x.Loop.counts.panics.Add(1)
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return x.Prepare(fd)
}

// fail gives an attempt up, and begins the next one without delay.
func (x *race) fail(a *attempt, err error) {
	x.leave(a)
	x.Loop.retire(a.fd, nil)
	x.errs = append(x.errs, dialError(x.network, a.addr, err))
	x.next()
}

func (x *race) leave(a *attempt) {
	x.running = slices.DeleteFunc(x.running, func(b *attempt) bool { return a == b })
}
