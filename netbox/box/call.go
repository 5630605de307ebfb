package box

import (
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
	j := job{act: callFunction, body: c.Args}
	fs := x.srv.funcs.Load()
	if j.fn = fs.byName[string(c.Name)]; j.fn == nil {
		if count, ok := x.countJob(&c); ok {
			x.start(h, &count)
			return
		}
	}
	if u := x.user.Load(); !u.everything(Execute) {
		if err := u.check(Execute, "function", string(c.Name)); err != nil {
			x.fail(h, err)
			return
		}
	}
	if j.fn == nil {
		j.fn, j.name = fs.fallback, string(c.Name)
	}
	j.mode = j.fn.mode
	x.start(h, &j)
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
	f := x.srv.funcs.Load().eval
	if f == nil {
		x.fail(h, unsupported("EVAL"))
		return
	}
	x.start(h, &job{act: evaluate, mode: Goroutine, eval: f, name: string(e.Expr), body: e.Args})
}

// start has a job done where its mode says, in its stream if it has one.
func (x *session) start(h *iproto.Header, j *job) {
	switch {
	case h.StreamID != 0:
		x.startInStream(h, j)
	case j.mode == Inline:
		x.runInline(h, j, nil)
	case x.reserve(len(j.body)):
		x.enqueue(x.newRequest(h, j, nil))
	}
}

// runInline runs a handler on the loop. Its answer joins the others of this
// callback.
func (x *session) runInline(h *iproto.Header, j *job, s *stream) {
	r := &x.inline
	r.header, r.job, r.stream = *h, *j, s
	r.args, _ = msgp.NewArray(j.body)
	r.begin()
	r.reply = x.out.B
	r.answer()
	x.out.B, r.reply = r.reply, nil
	r.end()
}

// newRequest makes a request of its own. What it has of the packet is copied,
// because the input buffer is used again. The caller has reserved its place.
func (x *session) newRequest(h *iproto.Header, j *job, s *stream) *Request {
	r := &Request{session: x, ctx: x.ctx, header: *h, job: *j, stream: s, size: len(j.body)}
	r.job.body = append(make([]byte, 0, len(j.body)), j.body...)
	r.args, _ = msgp.NewArray(r.job.body)
	r.begin()
	return r
}

// enqueue hands a request to the pool, or to the fibers, when this callback
// ends.
func (x *session) enqueue(r *Request) {
	if r.job.mode == Fiber {
		x.fiberBatch = append(x.fiberBatch, r)
		return
	}
	x.batch = append(x.batch, r)
}

func callFunction(r *Request, dst []byte) ([]byte, error) {
	result, err := r.job.fn.f(r.ctx, r)
	if err != nil {
		return dst, err
	}
	return r.appendResults(dst, result)
}

func evaluate(r *Request, dst []byte) ([]byte, error) {
	result, err := r.job.eval(r.ctx, r.job.name, r)
	if err != nil {
		return dst, err
	}
	return r.appendResults(dst, result)
}
