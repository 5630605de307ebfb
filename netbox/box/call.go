package box

import (
	"context"

	"github.com/kharon-net/kharon/codec/iproto"
)

// call starts what a CALL or CALL_16 asks for.
func (x *session) call(h *iproto.Header, body []byte) {
	var c iproto.Call
	_, err := c.Parse(body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	fn := x.srv.funcs.Load().byName[string(c.Name)]
	if fn == nil || !x.user.Load().everything(Execute) {
		if fn, err = x.find(fn, string(c.Name)); err != nil {
			x.fail(h, replyTo(err, ""))
			return
		}
	}
	x.start(h, fn, arguments(c.Args, c.Formats))
}

// arguments returns the arguments of a CALL or EVAL. A client that has been
// told that we can take it sends tuples as extensions, with their formats; for
// handlers these are arrays.
func arguments(args, formats []byte) []byte {
	if len(formats) <= 1 {
		return args
	}
	return plain(args)
}

// find returns what answers calls of a name that is not simply a function that
// everybody may call.
func (x *session) find(fn *function, name string) (*function, error) {
	if fn == nil {
		if fn = x.countFunction(name); fn != nil {
			return fn, nil
		}
	}
	if err := x.user.Load().check(Execute, "function", name); err != nil {
		return nil, err
	}
	if fn == nil {
		other := *x.srv.funcs.Load().fallback
		other.name = name
		fn = &other
	}
	return fn, nil
}

// eval starts what an EVAL asks for.
func (x *session) eval(h *iproto.Header, body []byte) {
	e, _, err := iproto.ParseEval(body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	if err := x.user.Load().check(Execute, "universe", ""); err != nil {
		x.fail(h, err)
		return
	}
	f, expr := x.srv.funcs.Load().eval, string(e.Expr)
	if f == nil {
		x.fail(h, unsupported("EVAL"))
		return
	}
	x.start(h, &function{name: "eval", act: callFunction, mode: Goroutine,
		f: func(ctx context.Context, req *Request) (any, error) { return f(ctx, expr, req) }}, arguments(e.Args, e.Formats))
}

// start has a request answered where the mode of fn says, in its stream if it
// has one.
func (x *session) start(h *iproto.Header, fn *function, body []byte) {
	switch {
	case h.StreamID != 0:
		x.startInStream(h, fn, body)
	case fn.mode == Inline:
		x.runInline(h, fn, body, nil)
	case x.reserve(len(body)):
		x.enqueue(x.newRequest(h, fn, body, nil))
	}
}

// runInline runs a handler on the loop. Its answer joins the others of this
// callback.
func (x *session) runInline(h *iproto.Header, fn *function, body []byte, s *stream) {
	r := &x.inline
	r.header, r.fn, r.body, r.stream = *h, fn, body, s
	_ = r.args.Reset(body) // which has been parsed
	r.begin()
	r.reply = x.out.B
	r.answer()
	x.out.B, r.reply = r.reply, nil
	r.end()
}

// enqueue hands a request to the pool, or to the fibers, when this callback
// ends.
func (x *session) enqueue(r *Request) {
	if r.fn.mode == Fiber {
		x.fiberBatch = append(x.fiberBatch, r)
		return
	}
	x.batch = append(x.batch, r)
}

func callFunction(r *Request, dst []byte) ([]byte, error) {
	result, err := r.fn.f(r.ctx, r)
	if err != nil {
		return dst, err
	}
	return r.appendResults(dst, result)
}
