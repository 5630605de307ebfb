package netbox

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// do makes a request on an instance that will do for the role, and again, on
// another one, when that fails and it may.
func (p *Pool) do(ctx context.Context, role Role, req *Request, use func(Result) error) error {
	m, c := p.choose(role, nil)
	if c == nil {
		return p.doLater(ctx, role, req, use, nil)
	}
	out, err := c.attempt(ctx, req, use)
	if out == final {
		return err
	}
	var tried []InstanceError
	if again, err := p.failed(ctx, role, req, out, m, err, &tried); !again {
		return err
	}
	return p.doLater(ctx, role, req, use, tried)
}

// doLater is do when there is no instance yet, or some have been tried: it
// waits, if need be.
func (p *Pool) doLater(ctx context.Context, role Role, req *Request, use func(Result) error, tried []InstanceError) error {
	for {
		m, c, err := p.await(ctx, role, p.opts.MaxWait, tried)
		if err != nil {
			return p.none(role, err, tried)
		}
		out, err := c.attempt(ctx, req, use)
		if out == final {
			return err
		}
		if again, err := p.failed(ctx, role, req, out, m, err, &tried); !again {
			return err
		}
	}
}

// failed takes note of an attempt that has failed with err and reports whether
// there is to be another one. If not, it returns the error of the request.
func (p *Pool) failed(ctx context.Context, role Role, req *Request, out outcome, m *poolMember, err error, tried *[]InstanceError) (again bool, _ error) {
	if out == unsent {
		m.stumbled(err)
		return true, nil
	}
	if errors.Is(err, iproto.CodeReadOnly) {
		m.demoted()
	}
	*tried = append(*tried, InstanceError{m.Name, err})
	switch {
	case out == refused && !role.retries(req, err):
		return false, err
	case len(*tried) >= p.opts.Retry.Attempts, out == lost && !SafeToRetry(err) && !req.repeatable(), !p.affords():
		if out == refused {
			return false, err
		}
		return false, p.none(role, err, *tried)
	}
	if err := p.rest(ctx, role, *tried); err != nil {
		return false, p.none(role, err, *tried)
	}
	p.retries.Add(1)
	if t := p.opts.Trace; t != nil && t.Retry != nil {
		t.Retry(req.trace(), role, m.Name, err)
	}
	return true, nil
}

// retries reports whether a request that an instance has refused may be made on
// another one: the refusal is about the instance, and nothing has happened. Of a
// function the latter is not known.
func (r Role) retries(req *Request, err error) bool {
	switch req.typ {
	case iproto.TypeCall, iproto.TypeCall16, iproto.TypeEval:
		if !req.repeatable() {
			return false
		}
	}
	return errors.Is(err, iproto.CodeLoading) ||
		errors.Is(err, iproto.CodeReadOnly) && (r == RW || r == PreferRW)
}

// affords reports whether the budget has another attempt.
func (p *Pool) affords() bool {
	return float64(p.retries.Load()) < retryBurst+p.opts.Retry.Budget*float64(p.Metrics().Requests)
}

// rest waits before the next attempt, if that is on an instance that was tried.
func (p *Pool) rest(ctx context.Context, role Role, tried []InstanceError) error {
	if m, _ := p.choose(role, tried); m == nil || !m.isIn(tried) {
		return nil
	}
	pause := p.opts.Retry.Pause << min(len(tried)-1, 16)
	return reactor.Sleep(ctx, pause/2+rand.N(pause/2+1))
}

// stumbled takes note that the instance could not take a request: if it is not
// just that there was too much output, nobody else need try until it was looked
// at.
func (m *poolMember) stumbled(err error) {
	if !m.group.IsConnected() || m.group.Metrics().State != StateActive {
		m.become(ModeDown, err)
	}
	m.look()
}

// demoted takes note that the instance has turned out to be read-only.
func (m *poolMember) demoted() {
	m.tells.Store(false) // ask it
	m.become(ModeReadOnly, nil)
	m.look()
}

// An outcome is what has come of an attempt to make a request.
type outcome uint8

const (
	final   outcome = iota // there is a result, or an error that no other attempt changes
	unsent                 // the connection can not take it now
	lost                   // it has failed with its connection
	refused                // the server has answered with an error
)

// attempt makes a request if that can be done now, and waits for its answer.
func (c *Conn) attempt(ctx context.Context, req *Request, use func(Result) error) (outcome, error) {
	f := c.newRequest(req)
	if out, err := c.submit(ctx, f, req); err != nil {
		f.fail(err)
		f.Release()
		return out, err
	}
	if err := f.await(ctx); err != nil {
		return final, err // the future stays with the loop until its answer comes
	}
	out := final
	switch {
	case f.err != nil:
		out = lost
	case f.typ.IsError():
		out = refused
	}
	return out, c.finish(ctx, f, req, use)
}

// submit sends a request. When too much output is queued it waits for room.
func (c *Conn) submit(ctx context.Context, f *Future, req *Request) (outcome, error) {
	l := c.live.Load()
	if l == nil {
		return unsent, c.unavailable()
	}
	mustFlush, err := l.put(f, req, true)
	if err == errNotNow { //nolint:errorlint // our own value
		if err := l.awaitRoom(ctx); err != nil {
			return final, c.waitError(err)
		}
		mustFlush, err = l.put(f, req, true)
	}
	switch {
	case err == errNotNow: //nolint:errorlint // our own value
		return unsent, c.unavailable()
	case errors.Is(err, iproto.CodeNoConnection), errors.Is(err, ErrTooMany):
		return lost, err
	case err != nil:
		return final, err
	case mustFlush:
		l.flushFor(ctx)
	}
	return final, nil
}
