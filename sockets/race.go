package sockets

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A race is several attempts to connect that run side by side, each begun some
// time after the one before it, or at once when one has failed; see RFC 8305.
type race struct {
	// immutable
	d    *Dialer
	loop *reactor.Loop
	ctx  context.Context // of the attempts
	wait *reactor.Waiter // who called; nobody after over

	mu      sync.Mutex
	over    bool
	winner  *Socket
	at      Addr // its address, or that of the last that failed
	errs    []error
	pending int
}

func (d *Dialer) race(ctx context.Context, l *reactor.Loop, addrs []Addr) (*Socket, Addr, error) {
	attempts, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &race{d: d, loop: l, ctx: attempts, wait: reactor.NewWaiter(ctx)}
	defer r.wait.Free()
	delay := d.FallbackDelay
	if delay == 0 {
		delay = fallbackDelay
	}
	addrs = alternate(addrs)
	for {
		if len(addrs) > 0 {
			r.begin(addrs[0])
			addrs = addrs[1:]
		}
		done, err := r.await(ctx, len(addrs) > 0, time.Now().Add(delay))
		if done {
			return r.end(err)
		}
	}
}

func (r *race) begin(a Addr) {
	r.mu.Lock()
	r.pending++
	r.mu.Unlock()
	go func() {
		s, err := r.d.attempt(r.ctx, r.loop, a)
		r.finished(s, a, err)
	}()
}

func (r *race) finished(s *Socket, a Addr, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending--
	switch {
	case r.over || r.winner != nil:
		if err == nil {
			_ = s.Close()
		}
		return
	case err == nil:
		r.winner, r.at = s, a
	default:
		r.at = a
		r.errs = append(r.errs, err)
	}
	r.wait.Wake()
}

// await waits until the race is decided, or until another one may begin: when
// one has failed, or at the time next. The end of ctx decides it too.
func (r *race) await(ctx context.Context, more bool, next time.Time) (done bool, err error) {
	if !more {
		next = time.Time{}
	}
	for {
		r.mu.Lock()
		won, lost := r.winner != nil, len(r.errs)
		idle := r.pending == 0
		r.mu.Unlock()
		if won || idle && !more {
			return true, nil
		}
		if idle && lost > 0 {
			return false, nil
		}
		err := r.wait.Wait(ctx, next)
		switch {
		case ctx.Err() != nil:
			return true, interrupted(ctx)
		case errors.Is(err, reactor.ErrStopped):
			return true, err
		case err != nil:
			return false, nil // the time has come
		}
		r.mu.Lock()
		failed := len(r.errs) > lost
		r.mu.Unlock()
		if failed && more {
			return false, nil
		}
	}
}

// end decides the race: attempts that are still under way close their sockets.
func (r *race) end(err error) (*Socket, Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	switch {
	case r.winner != nil:
		return r.winner, r.at, nil
	case err != nil:
		return nil, r.at, err
	}
	return nil, r.at, errors.Join(r.errs...)
}

// alternate puts addresses of the two families by turns, beginning with that of
// the first.
func alternate(addrs []Addr) []Addr {
	var first, other []Addr
	for _, a := range addrs {
		if a.Family == addrs[0].Family {
			first = append(first, a)
		} else {
			other = append(other, a)
		}
	}
	mixed := make([]Addr, 0, len(addrs))
	for i := 0; i < max(len(first), len(other)); i++ {
		if i < len(first) {
			mixed = append(mixed, first[i])
		}
		if i < len(other) {
			mixed = append(mixed, other[i])
		}
	}
	return mixed
}
