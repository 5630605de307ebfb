package netbox

import (
	"context"
	"runtime"

	"github.com/kharon-net/kharon/codec/iproto"
)

// Pipelining. A request is encoded straight into the link's output under a
// short lock. Whoever finds nobody seeing to the output leaves it to the loop,
// which is told once, so that others can add theirs meanwhile. When there is
// plenty of it the next one writes, and a caller that is alone and going to wait
// does so at once.

// send sends a request for somebody who does not wait. now is for one who is going
// to be busy: on one processor the loop would not have its turn before that is
// over, and the server nothing to do meanwhile.
func (c *Conn) send(req *Request, now bool) *Future {
	s := c.span(req)
	l := c.live.Load()
	if l == nil {
		return c.unsentFuture(req, s, c.unavailable())
	}
	f, d, err := l.put(req, s, false)
	switch {
	case err != nil:
		return c.unsentFuture(req, s, err)
	case now && d == ask:
		l.flushAsked()
	default:
		l.see(d)
	}
	return f
}

// once sends a request and waits for its answer.
func (c *Conn) once(ctx context.Context, req *Request, use func(*Result) error) error {
	s := c.span(req)
	l := c.live.Load()
	if l == nil {
		return c.doLater(ctx, s, req, use)
	}
	f, d, err := l.put(req, s, true)
	if err == errNotNow { //nolint:errorlint // our own value
		return c.doLater(ctx, s, req, use)
	}
	if err != nil {
		s.fail(err)
		return c.requestFailed(req.typ, err)
	}
	l.seeFor(ctx, d)
	return c.finish(ctx, f, req.typ, use)
}

// span begins to trace a request; nil when there is no Trace.
func (c *Conn) span(req *Request) *span {
	if t := c.opts.Trace; t != nil {
		return t.begin(req)
	}
	return nil
}

// finish waits for the answer of a request that was sent.
func (c *Conn) finish(ctx context.Context, f *Future, typ iproto.Type, use func(*Result) error) error {
	if err := f.awaitAlone(ctx); err != nil {
		return c.requestFailed(typ, err) // the future stays with the loop until its answer comes
	}
	if c.reloading.Load() { // the spaces it may have made are there when it returns
		_, _ = c.machine.wait(ctx, true, StateActive)
	}
	err := f.use(use)
	f.Release()
	return err
}

// doLater is once for a connection that is not there, or can not take the request
// now: it waits, if there is something to wait for.
func (c *Conn) doLater(ctx context.Context, s *span, req *Request, use func(*Result) error) error {
	for {
		l, err := c.admitted(ctx)
		if err != nil {
			s.fail(err)
			return c.requestFailed(req.typ, err)
		}
		f, d, err := l.put(req, s, true)
		switch {
		case err == errNotNow: //nolint:errorlint // our own value
			continue
		case err != nil:
			s.fail(err)
			return c.requestFailed(req.typ, err)
		}
		l.seeFor(ctx, d)
		return c.finish(ctx, f, req.typ, use)
	}
}

// admitted waits until there is a link that takes requests.
func (c *Conn) admitted(ctx context.Context) (*link, error) {
	for {
		state, err := c.machine.wait(ctx, true, StateActive)
		switch {
		case err != nil:
			return nil, c.waitError(err)
		case state != StateActive:
			return nil, c.unavailable()
		}
		if l := c.live.Load(); l != nil {
			if err := l.awaitRoom(ctx); err != nil {
				return nil, c.waitError(err)
			}
			return l, nil
		}
		runtime.Gosched() // its end is being told
	}
}

// errNotNow is the error of put for requests that can wait until the connection
// is active or has room.
var errNotNow error = text("not now")
