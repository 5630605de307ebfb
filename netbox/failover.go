package netbox

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// An errand is what has become of a request of a pool on its way from instance
// to instance. The request is not part of it, so that it need not be allocated.
type errand struct {
	pool  *Pool
	role  Role
	tried []InstanceError
}

// do makes a request on an instance that will do for the role, and again, on
// another one, when that fails and it may. It waits, if need be.
func (p *Pool) do(ctx context.Context, role Role, req *Request, use func(*Result) error) error {
	e := errand{pool: p, role: role}
	m, c := p.choose(role, nil)
	for {
		if c == nil {
			var err error
			if m, c, err = p.await(ctx, role, p.opts.MaxWait, e.tried); err != nil {
				return p.none(role, err, e.tried)
			}
		}
		out, err := c.attempt(ctx, req, use)
		if out == final {
			return err
		}
		if out != unsent {
			if again, err := e.failed(ctx, req, out, m, err); !again {
				return err
			}
		}
		c = nil
	}
}

// failed takes note of an attempt that has failed with err and reports whether
// there is to be another one. If not, it returns the error of the request.
func (e *errand) failed(ctx context.Context, req *Request, out outcome, m *poolMember, err error) (again bool, _ error) {
	if errors.Is(err, iproto.CodeReadOnly) {
		m.demoted()
	}
	e.tried = append(e.tried, InstanceError{m.Name, err})
	switch again = e.mayGoOn(req, out, err); {
	case out == refused && !again:
		return false, err
	case again:
		if cause := e.rest(ctx); cause != nil {
			again, err = false, cause
		}
	}
	if !again {
		return false, e.pool.none(e.role, err, e.tried)
	}
	e.pool.retries.Add(1)
	if t := e.pool.opts.Trace; t != nil && t.Retry != nil {
		t.Retry(req.trace(), e.role, m.Name, err)
	}
	return true, nil
}

// mayGoOn reports whether another attempt may follow one that has failed with
// err.
func (e *errand) mayGoOn(req *Request, out outcome, err error) bool {
	switch {
	case len(e.tried) >= e.pool.opts.Retry.Attempts:
		return false
	case out == refused && !e.role.retries(req, err):
		return false
	case out == lost && !SafeToRetry(err) && !req.repeatable():
		return false
	}
	return e.pool.affords()
}

// rest waits before the next attempt, if that is on an instance that was tried.
func (e *errand) rest(ctx context.Context) error {
	if m, _ := e.pool.choose(e.role, e.tried); m == nil || !m.isIn(e.tried) {
		return nil
	}
	pause := e.pool.opts.Retry.Pause << min(len(e.tried)-1, 16)
	return reactor.Sleep(ctx, pause/2+rand.N(pause/2+1))
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

// demoted takes note that the instance has turned out to be read-only.
func (m *poolMember) demoted() {
	m.doubt.Store(true) // ask it
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
func (c *Conn) attempt(ctx context.Context, req *Request, use func(*Result) error) (outcome, error) {
	s := c.span(req)
	f, out, err := c.submit(ctx, s, req)
	if err != nil {
		s.fail(err)
		return out, c.requestFailed(req.typ, err)
	}
	if err := f.awaitAlone(ctx); err != nil {
		return final, c.requestFailed(req.typ, err) // the future stays with the loop until its answer comes
	}
	switch {
	case f.err != nil:
		out = lost
	case f.typ.IsError():
		out = refused
	}
	return out, c.finish(ctx, f, req.typ, use)
}

// submit sends a request. When too much output is queued it waits for room.
func (c *Conn) submit(ctx context.Context, s *span, req *Request) (*Future, outcome, error) {
	l := c.live.Load()
	if l == nil {
		return nil, unsent, c.unavailable()
	}
	f, d, err := l.put(req, s, true)
	if err == errNotNow { //nolint:errorlint // our own value
		if err := l.awaitRoom(ctx); err != nil {
			return nil, final, c.waitError(err)
		}
		f, d, err = l.put(req, s, true)
	}
	switch {
	case err == errNotNow: //nolint:errorlint // our own value
		return nil, unsent, c.unavailable()
	case errors.Is(err, iproto.CodeNoConnection), errors.Is(err, ErrTooMany):
		return nil, lost, err
	case err != nil:
		return nil, final, err
	}
	l.seeFor(ctx, d)
	return f, final, nil
}
