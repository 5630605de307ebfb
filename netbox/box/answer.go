package box

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// answer runs the handler and appends the frame that answers the request to
// reply. A panic, be it in the handler or in a method of what it returned, is
// answered as an error; so is a handler that ends its goroutine.
func (r *Request) answer() {
	if t := r.session.srv.cfg.Trace; t != nil {
		defer t.request(r)()
	}
	answered := false
	defer func() {
		if !answered {
			r.fail(r.panicked(recover()))
		}
	}()
	if err := r.attempt(); err != nil {
		r.fail(err)
	}
	answered = true
}

// attempt answers the request, unless that fails.
func (r *Request) attempt() error {
	if r.stream != nil {
		if err := r.stream.admit(r); err != nil {
			return err
		}
	}
	out, err := r.fn.act(r, r.reply)
	if err == nil && r.tx != nil {
		err = errLeftOpen
	}
	if err != nil {
		return err
	}
	r.reply = out
	return nil
}

// fail answers with an error. A transaction outside of streams does not
// outlive its request.
func (r *Request) fail(err error) {
	x := r.session
	if tx := r.tx; tx != nil {
		r.tx = nil
		_ = tx.end(r.ctx, Tx.Rollback)
	}
	x.counts.errors.Add(1)
	r.err = err
	r.reply = replyTo(err, r.name()).AppendReply(r.reply, r.header.Sync, x.srv.schemaVersion())
}

// panicked logs a panic with the value v and makes an error of it. It is nil
// when the goroutine ends instead.
func (r *Request) panicked(v any) error {
	r.session.srv.counts.panics.Add(1)
	r.session.srv.log.Error("box: handler panicked", "function", r.name(), "session", r.session.id,
		"panic", v, "stack", string(debug.Stack()))
	if v == nil {
		return errors.New("handler ended its goroutine")
	}
	return fmt.Errorf("handler panicked: %v", v)
}
