package box

import (
	"context"
	"errors"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// Errors of Push.
var (
	// ErrRequestDone: the request has been answered, or there is none, and a
	// client drops what comes after the answer.
	ErrRequestDone = errors.New("box: push after the request was answered")

	// ErrOutputFull: the client does not read, and Config.OutputBudget is used
	// up. Nothing was sent; it may be tried again later. See SlowReader.
	ErrOutputFull = errors.New("box: the client does not read its pushes")

	// ErrSessionClosed: the client has disconnected. It is the error that
	// box.session.push gives, code 86.
	ErrSessionClosed error = iproto.NewError(iproto.CodeSessionClosed, "Session is closed")
)

// Push sends v to the client, out of band, as a message of this request. Nil
// is a legal value. Messages arrive in order and before the answer: a push
// that comes too late for that fails and sends nothing.
//
// Push does not wait for the network: the message joins the session's output,
// and the loop, the ferryman, is sent for at most once until he has come.
// However many messages collect meanwhile, he carries them in one write. nil
// means that the message is in the output.
//
// When the client does not read, SlowReader says what happens. With Block,
// Push waits with the context of the handler; other goroutines than the
// handler's use PushContext.
//
// The error is ErrSessionClosed, ErrRequestDone, ErrOutputFull, the cause of
// the context or why v can not be encoded; a message of more than 2 GiB can
// not. Safe to call from any goroutine.
func (s Session) Push(v any) error { return s.pushTo(s.ctx, s.to, v) }

// PushContext is Push with a context to wait with, which belongs to the
// caller: to its fiber, if it is one. Safe to call from any goroutine.
func (s Session) PushContext(ctx context.Context, v any) error { return s.pushTo(ctx, s.to, v) }

// PushTo is Push for another request of the session that is under way: the
// one with this sync that came last. There is ErrRequestDone when there is
// none. Requests that run Inline are not found: they have ended before anybody
// else can look. Safe to call from any goroutine.
func (s Session) PushTo(sync uint64, v any) error {
	t := s.to
	if sync != t.sync || !t.running() {
		t = s.x.underway.find(sync)
	}
	return s.pushTo(s.ctx, t, v)
}

func (s Session) pushTo(ctx context.Context, t target, v any) error {
	switch {
	case s.x.gone.Load():
		return ErrSessionClosed
	case !t.running():
		return ErrRequestDone
	}
	if s.policy != DropOldest {
		if done, err := s.x.tryQuick(t, v); done {
			return err
		}
	}
	buf := bytebufferpool.Get()
	defer bytebufferpool.Put(buf)
	frame, mark := iproto.AppendChunkHead(buf.B[:0], t.sync, s.x.srv.schemaVersion())
	frame, err := msgp.AppendValue(frame, v)
	if err != nil {
		return err
	}
	if buf.B, err = iproto.CloseFrame(frame, mark, 0); err != nil {
		return err
	}
	return s.x.push(ctx, t, s.policy, parcel{buf.B, 1})
}
