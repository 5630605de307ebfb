package box

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// call starts what a CALL or CALL_16 asks for.
func (x *session) call(h *iproto.Header, body []byte) {
	c, _, err := iproto.ParseCall(body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	fn := x.srv.funcs.Load().byName[string(c.Name)]
	if fn == nil {
		x.fail(h.Sync, iproto.NewError(iproto.CodeNoSuchProc,
			fmt.Sprintf("Procedure '%s' is not defined", c.Name), "func", string(c.Name)))
		return
	}
	if fn.mode == Inline {
		x.runInline(h, fn, c.Args)
		return
	}
	x.enqueue(&Request{session: x, ctx: x.ctx, header: *h, fn: fn}, fn.mode, c.Args)
}

// eval starts what an EVAL asks for.
func (x *session) eval(h *iproto.Header, body []byte) {
	e, _, err := iproto.ParseEval(body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	f := x.srv.funcs.Load().eval
	if f == nil {
		x.fail(h.Sync, unsupported("EVAL"))
		return
	}
	x.enqueue(&Request{session: x, ctx: x.ctx, header: *h, eval: f, expr: string(e.Expr)}, Goroutine, e.Args)
}

// runInline runs a handler on the loop. Its answer joins the others of this
// callback.
func (x *session) runInline(h *iproto.Header, fn *function, args []byte) {
	r := &x.inline
	r.header, r.fn = *h, fn
	r.args, _ = msgp.NewArray(args)
	r.begin()
	r.reply = x.out.B
	r.answer()
	x.out.B, r.reply = r.reply, nil
	r.end()
}

// enqueue hands a request to the pool, or to the fibers, when this callback
// ends. args are copied, because the input buffer is used again.
func (x *session) enqueue(r *Request, mode Mode, args []byte) {
	r.args, _ = msgp.NewArray(append(make([]byte, 0, len(args)), args...))
	r.begin()
	x.inFlight.Add(1)
	x.srv.inFlight.Add(1)
	if mode == Fiber {
		x.fiberBatch = append(x.fiberBatch, r)
		return
	}
	x.batch = append(x.batch, r)
}

// answer runs the handler and appends the frame that answers the request to
// reply. A panic, be it in the handler or in a method of what it returned, is
// answered as an error; so is a handler that ends its goroutine.
func (r *Request) answer() {
	answered := false
	defer func() {
		if !answered {
			r.fail(r.panicked(recover()))
		}
	}()
	result, err := r.invoke()
	if err == nil {
		var out []byte
		if out, err = r.appendResults(r.reply, result); err == nil {
			r.reply = out
		}
	}
	if err != nil {
		r.fail(err)
	}
	answered = true
}

func (r *Request) fail(err error) {
	r.reply = replyTo(err, r.name()).AppendReply(r.reply, r.header.Sync, schemaVersion)
}

func (r *Request) invoke() (any, error) {
	if r.eval != nil {
		return r.eval(r.ctx, r.expr, r)
	}
	return r.fn.f(r.ctx, r)
}

// panicked logs a panic with the value v and makes an error of it. It is nil
// when the goroutine ends instead.
func (r *Request) panicked(v any) error {
	r.session.srv.log.Error("box: handler panicked", "function", r.name(), "session", r.session.id,
		"panic", v, "stack", string(debug.Stack()))
	if v == nil {
		return errors.New("handler ended its goroutine")
	}
	return fmt.Errorf("handler panicked: %v", v)
}

func (r *Request) name() string {
	if r.eval != nil {
		return "eval"
	}
	return r.fn.name
}
