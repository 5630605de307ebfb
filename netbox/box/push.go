package box

import (
	"errors"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// Errors of Push.
var (
	// ErrRequestDone: the request has been answered, and a client drops what
	// comes after the answer.
	ErrRequestDone = errors.New("box: push after the request was answered")

	// ErrOutputFull: the client does not read, and Config.OutputBudget is used
	// up. Nothing was sent; it may be tried again later.
	ErrOutputFull = errors.New("box: the client does not read its pushes")

	// ErrSessionClosed: the client has disconnected. It is the error that
	// box.session.push gives, code 86.
	ErrSessionClosed error = iproto.NewError(iproto.CodeSessionClosed, "Session is closed")
)

// Push sends v to the client, out of band, as a message of this request. Nil
// is a legal value. Messages arrive in order and before the answer.
//
// Push does not wait for the network: the message joins the session's output,
// and the loop, the ferryman, is sent for at most once until he has come.
// However many messages collect meanwhile, he carries them in one write. nil
// means that the message is in the output.
//
// The error is ErrSessionClosed, ErrRequestDone, ErrOutputFull or why v can
// not be encoded; a message of more than 2 GiB can not. Safe to call from any goroutine while the handler runs.
func (s Session) Push(v any) error {
	switch {
	case s.x.gone.Load():
		return ErrSessionClosed
	case s.serial == 0 || s.req.serial.Load() != s.serial:
		return ErrRequestDone
	case s.x.full():
		return ErrOutputFull
	}
	buf := bytebufferpool.Get()
	defer bytebufferpool.Put(buf)
	frame, mark := iproto.AppendChunkHead(buf.B[:0], s.sync, schemaVersion)
	frame, err := msgp.AppendValue(frame, v)
	if err != nil {
		return err
	}
	if buf.B, err = iproto.CloseFrame(frame, mark, 0); err != nil {
		return err
	}
	if _, err := s.x.conn.Write(buf.B); err != nil {
		return ErrSessionClosed
	}
	return nil
}
