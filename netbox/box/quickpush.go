package box

import (
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A quickPush is the push under way of a value whose encoding runs no code of
// the user's: it is encoded where it belongs, in the connection's output, with
// its lock held. Guarded by the outbox's mu.
type quickPush struct {
	append  func(dst []byte) []byte // the method appendQuick, made once
	to      target
	v       any
	version uint64 // of the schema
	late    bool   // the answer has come first
}

// frameMost is how many bytes a frame has at most besides the bytes of a string.
const frameMost = 64

// frameBound returns how many bytes the frame of v has at most, and whether v is of
// the basic types, which encode themselves.
func frameBound(v any) (n int, basic bool) {
	switch v := v.(type) {
	case string:
		return frameMost + len(v), true
	case []byte:
		return frameMost + len(v), true
	case nil, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return frameMost, true
	}
	return 0, false
}

// tryQuick pushes v if that is simple: one of the basic types, small, and within
// what has been lent of the budget. Safe to call from any goroutine.
func (x *session) tryQuick(t target, v any) (done bool, err error) {
	n, basic := frameBound(v)
	if !basic {
		return false, nil
	}
	o := &x.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	if n > o.credit || len(o.held) > 0 {
		return false, nil
	}
	q := &o.quick
	if q.append == nil {
		q.append = x.appendQuick
	}
	q.to, q.v, q.version = t, v, x.srv.schemaVersion()
	err = x.conn.Append(q.append)
	q.v = nil
	switch {
	case err != nil:
		return true, ErrSessionClosed
	case q.late:
		return true, ErrRequestDone
	}
	o.credit -= n
	o.taken++
	return true, nil
}

// appendQuick appends the frame, unless the answer has come first; see append.
func (x *session) appendQuick(dst []byte) []byte {
	q := &x.outbox.quick
	if q.late = !q.to.running(); q.late {
		return dst
	}
	frame, mark := iproto.AppendChunkHead(dst, q.to.sync, q.version)
	frame, _ = msgp.AppendValue(frame, q.v) // a basic type has no error
	return iproto.EndFrame(frame, mark)
}
