package box

import (
	"context"
	"iter"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// pushAllAt is how many bytes of messages PushAll puts into the output at
// once.
const pushAllAt = 32 << 10

// PushAll pushes the values of seq, as Push does one by one and several times
// as cheap:
//
//	n, err := box.PushAll(ctx, req.Session(), maps.Keys(stock))
//
// The messages join the output when 32 KiB of them have collected, and when
// seq ends: a seq that waits for its next value holds back those before it.
// ctx is what PushAll waits with when SlowReader says Block, as in PushContext.
//
// n is how many messages are in the output. The error is that of Push for the
// next one, or for those that had collected with it. Safe to call from any
// goroutine.
func PushAll[V any](ctx context.Context, s Session, seq iter.Seq[V]) (n int, err error) {
	b := s.newBatch(ctx)
	defer b.free()
	for v := range seq {
		start := len(b.buf.B)
		frame, bad := appendBasic(append(b.buf.B, b.head...), v)
		if bad == nil {
			bad = b.add(frame, start)
		}
		if bad != nil {
			err = bad
			break
		}
	}
	if last := b.flush(); err == nil {
		err = last
	}
	return b.sent, err
}

// appendBasic is msgp.AppendValue, which for some basic types does without the
// allocation of an interface.
func appendBasic[V any](dst []byte, v V) ([]byte, error) {
	switch p := any(&v).(type) {
	case *int64:
		return msgp.AppendInt(dst, *p), nil
	case *int:
		return msgp.AppendInt(dst, int64(*p)), nil
	case *uint64:
		return msgp.AppendUint(dst, *p), nil
	case *float64:
		return msgp.AppendFloat64(dst, *p), nil
	case *string:
		return msgp.AppendString(dst, *p), nil
	}
	return msgp.AppendValue(dst, v)
}

// A pushBatch is messages on their way into the output together.
type pushBatch struct {
	session Session
	ctx     context.Context
	head    []byte // of every message
	mark    int    // of its frame
	limit   int    // how many bytes collect
	buf     *bytebufferpool.ByteBuffer
	count   int // messages in buf
	sent    int // messages in the output
}

func (s Session) newBatch(ctx context.Context) pushBatch {
	b := pushBatch{session: s, ctx: ctx, buf: bytebufferpool.Get()}
	b.head, b.mark = iproto.AppendChunkHead(make([]byte, 0, frameMost), s.to.sync, s.x.srv.schemaVersion())
	if s.policy != DropOldest { // which drops messages one by one
		b.limit = min(pushAllAt, s.x.srv.cfg.OutputBudget/16)
	}
	return b
}

func (b *pushBatch) free() { bytebufferpool.Put(b.buf) }

// add takes a message: frame[start:], begun with head.
func (b *pushBatch) add(frame []byte, start int) error {
	frame, err := iproto.CloseFrame(frame, start+b.mark, 0)
	if err != nil {
		return err
	}
	b.buf.B = frame
	b.count++
	if len(frame) < b.limit {
		return nil
	}
	return b.flush()
}

// flush puts what has collected into the output. What is refused is forgotten.
func (b *pushBatch) flush() error {
	if b.count == 0 {
		return nil
	}
	s, p := b.session, parcel{b.buf.B, b.count}
	b.buf.B, b.count = b.buf.B[:0], 0
	switch {
	case s.x.gone.Load():
		return ErrSessionClosed
	case !s.to.running():
		return ErrRequestDone
	}
	if err := s.x.push(b.ctx, s.to, s.policy, p); err != nil {
		return err
	}
	b.sent += p.count
	return nil
}
