package netbox

import (
	"context"
	"runtime"
)

// Pipelining. A request is encoded straight into the link's output under a
// short lock. Whoever finds nobody seeing to the output becomes the flusher.
// It leaves that to the loop, which is told once, so that others can add theirs
// meanwhile; a caller that is alone and going to wait writes itself.

// send sends a request for somebody who does not wait.
func (c *Conn) send(req *Request) *Future {
	f := c.newRequest(req)
	f.pushes.keep = true
	l := c.live.Load()
	if l == nil {
		f.fail(c.unavailable())
		return f
	}
	switch mustFlush, err := l.put(f, req, false); {
	case err != nil:
		f.fail(err)
	case mustFlush:
		_ = l.loop.Post(l.flushIt)
	}
	return f
}

// once sends a request and waits for its answer.
func (c *Conn) once(ctx context.Context, req *Request, use func(Result) error) error {
	f := c.newRequest(req)
	l := c.live.Load()
	if l == nil {
		return c.doLater(ctx, f, req, use)
	}
	mustFlush, err := l.put(f, req, true)
	if err != nil {
		return c.notSent(ctx, f, req, use, err)
	}
	if mustFlush {
		l.flushFor(ctx)
	}
	return c.finish(ctx, f, req, use)
}

// newRequest returns the future of a request that is made.
func (c *Conn) newRequest(req *Request) *Future {
	f := newFuture()
	if t := c.opts.Trace; t != nil {
		f.span = t.begin(req)
		f.state.Store(crowded)
	}
	return f
}

// finish waits for the answer of a request that was sent.
func (c *Conn) finish(ctx context.Context, f *Future, req *Request, use func(Result) error) error {
	if err := f.awaitAlone(ctx); err != nil {
		return err // the future stays with the loop until its answer comes
	}
	if c.reloading.Load() { // the spaces it may have made are there when it returns
		_, _ = c.machine.wait(ctx, true, StateActive)
	}
	err := f.use(use)
	f.Release()
	return err
}

// notSent goes on with a request that was refused: it waits, if there is
// something to wait for.
func (c *Conn) notSent(ctx context.Context, f *Future, req *Request, use func(Result) error, err error) error {
	if err == errNotNow { //nolint:errorlint // our own value
		return c.doLater(ctx, f, req, use)
	}
	f.fail(err)
	f.Release()
	return err
}

// doLater is once for a connection that is not there, or can not take the request
// now.
func (c *Conn) doLater(ctx context.Context, f *Future, req *Request, use func(Result) error) error {
	for {
		l, err := c.admitted(ctx)
		if err != nil {
			return c.notSent(ctx, f, req, use, err)
		}
		mustFlush, err := l.put(f, req, true)
		switch {
		case err == errNotNow: //nolint:errorlint // our own value
			continue
		case err != nil:
			return c.notSent(ctx, f, req, use, err)
		case mustFlush:
			l.flushFor(ctx)
		}
		return c.finish(ctx, f, req, use)
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
