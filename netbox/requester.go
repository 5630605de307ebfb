package netbox

import (
	"context"
	"time"
)

// A Requester makes requests: every Conn, Group and Stream is one, and so is what
// WithTimeout and Pool.Role return. It is a value that may be copied.
type Requester struct {
	conn    *Conn
	route   *route        // nil: all goes to conn
	stream  *Stream       // nil: none
	timeout time.Duration // of requests that wait; 0: none
}

// WithTimeout returns a Requester whose calls that wait take at most d each,
// the wait for a connection included. Then they fail with
// os.ErrDeadlineExceeded. Safe to call from any goroutine.
func (r Requester) WithTimeout(d time.Duration) Requester {
	r.timeout = max(d, 1)
	return r
}

// Ping asks the server for an answer and waits for it. Safe to call from any
// goroutine, and from fibers.
func (r Requester) Ping(ctx context.Context) error { return r.DoFunc(ctx, Ping(), nil) }

// Call calls a function of the server and waits for its results. Pushes are
// ignored; Send has them. Safe to call from any goroutine, and from fibers.
func (r Requester) Call(ctx context.Context, name string, args ...any) (Result, error) {
	return r.Do(ctx, Call(name, args...))
}

// Eval evaluates an expression on the server and waits for its results. Safe to
// call from any goroutine, and from fibers.
func (r Requester) Eval(ctx context.Context, expr string, args ...any) (Result, error) {
	return r.Do(ctx, Eval(expr, args...))
}

// Call16 is Call as Tarantool 1.6 had it: every result is wrapped into an array.
// Safe to call from any goroutine, and from fibers.
func (r Requester) Call16(ctx context.Context, name string, args ...any) (Result, error) {
	return r.Do(ctx, Call16(name, args...))
}

// Do sends a request and waits for its answer. When there is no connection, but
// there is going to be one, it waits for that first. The error is a *RequestError
// with the server's *Error, a *ConnError, why the request could not be encoded, or
// ctx's cause.
// Safe to call from any goroutine, and from fibers.
func (r Requester) Do(ctx context.Context, req Request) (Result, error) {
	var kept Result
	err := r.DoFunc(ctx, req, func(res Result) error {
		var err error
		kept, err = res.clone()
		return err
	})
	return kept, err
}

// DoFunc sends a request, waits for its answer and gives the result to use,
// which may be nil, without a copy: the result is valid until use returns.
// Errors are those of Do and of use. Safe to call from any goroutine, and from
// fibers.
func (r Requester) DoFunc(ctx context.Context, req Request, use func(Result) error) error {
	if use == nil {
		return r.do(ctx, &req, nil)
	}
	return r.do(ctx, &req, func(res *Result) error { return use(*res) })
}

// do is DoFunc without copies. It sets the stream of the request.
func (r *Requester) do(ctx context.Context, req *Request, use func(*Result) error) error {
	if r.timeout > 0 {
		bounded, cancel := context.WithTimeoutCause(ctx, r.timeout, errTimedOut)
		defer cancel()
		ctx = bounded
	}
	if r.stream != nil {
		req.stream = r.stream
	}
	c := r.conn
	if r.route != nil {
		if c = r.route.conn(req); c == nil {
			return r.route.pool.do(ctx, r.route.role, req, use)
		}
	}
	err := c.once(ctx, req, use)
	if err != nil && c.opts.Retry.Attempts > 1 {
		return c.retry(ctx, req, use, err)
	}
	return err
}

// Send sends a request and does not wait: the answer comes to the future. A
// request that can not be sent now has an answered future with the error: a
// *ConnError without a connection, ErrQueueFull, in a *RequestError. Safe to call
// from any goroutine.
func (r Requester) Send(req Request) *Future {
	if r.stream != nil {
		req.stream = r.stream
	}
	if r.route != nil {
		return r.route.send(&req)
	}
	return r.conn.send(&req, false)
}
