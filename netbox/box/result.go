package box

import (
	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// appendResults appends a whole answer with the results of a handler. On error
// dst is returned as it was.
func (r *Request) appendResults(dst []byte, result any) ([]byte, error) {
	start := len(dst)
	dst, frame, data := r.beginData(dst)
	var count int
	var err error
	if r.header.Type == iproto.TypeCall16 {
		dst, count, err = r.appendTuples(dst, result)
	} else {
		dst, count, err = r.appendValues(dst, result)
	}
	if err != nil {
		return dst[:start], err
	}
	dst = iproto.EndData(dst, data, uint32(count))
	return iproto.CloseFrame(dst, frame, 0)
}

// appendData appends a whole answer with the values that f appends and counts.
// On error dst is returned as it was.
func (r *Request) appendData(dst []byte, f func(dst []byte) (out []byte, count int, err error)) ([]byte, error) {
	start := len(dst)
	dst, frame, data := r.beginData(dst)
	dst, count, err := f(dst)
	if err != nil {
		return dst[:start], err
	}
	dst = iproto.EndData(dst, data, uint32(count))
	return iproto.CloseFrame(dst, frame, 0)
}

func (r *Request) beginData(dst []byte) (out []byte, frame, data int) {
	dst, frame = iproto.BeginFrame(dst)
	dst = iproto.AppendReplyHeader(dst, iproto.TypeOK, r.header.Sync, r.session.srv.schemaVersion())
	dst, data = iproto.AppendDataHead(dst)
	return dst, frame, data
}

// appendReply appends a whole answer with the body that f appends.
func (r *Request) appendReply(dst []byte, f func(dst []byte) []byte) ([]byte, error) {
	dst, frame := iproto.BeginFrame(dst)
	dst = iproto.AppendReplyHeader(dst, iproto.TypeOK, r.header.Sync, r.session.srv.schemaVersion())
	return iproto.CloseFrame(f(dst), frame, 0)
}

// appendValues appends what a handler returned and tells how many values that
// is.
func (r *Request) appendValues(dst []byte, result any) (out []byte, count int, err error) {
	switch v := result.(type) {
	case nil:
		return dst, 0, nil
	case *Args:
		return append(dst, v.Elements()...), v.Len(), nil
	case Values:
		for _, e := range v {
			if dst, err = r.appendValue(dst, e); err != nil {
				return dst, 0, err
			}
		}
		return dst, len(v), nil
	}
	dst, err = r.appendValue(dst, result)
	return dst, 1, err
}

// appendValue appends one value. An error travels as such to a client that can
// take it, and to others as its text.
func (r *Request) appendValue(dst []byte, v any) ([]byte, error) {
	e, ok := v.(error)
	switch {
	case !ok:
		return msgp.AppendValue(dst, v)
	case r.features.Has(iproto.FeatureErrorExtension):
		return ext.AppendError(dst, replyTo(e, r.name())), nil
	}
	return msgp.AppendString(dst, replyTo(e, r.name()).Message), nil
}

// appendTuples is appendValues for CALL_16, where every result is a tuple: a
// value that is no array becomes an array of one, and a single array of arrays
// is the list of results.
func (r *Request) appendTuples(dst []byte, result any) (out []byte, count int, err error) {
	plain, count, err := r.appendValues(nil, result)
	if err != nil {
		return dst, 0, err
	}
	if list, err := msgp.NewArray(plain); count == 1 && err == nil && onlyArrays(&list) {
		plain, count = list.Elements(), list.Len()
	}
	for range count {
		n, err := msgp.Skip(plain)
		if err != nil {
			return dst, 0, err
		}
		if msgp.KindOf(plain[0]) != msgp.KindArray {
			dst = msgp.AppendArrayHeader(dst, 1)
		}
		dst = append(dst, plain[:n]...)
		plain = plain[n:]
	}
	return dst, count, nil
}

// onlyArrays reports whether a is a list of arrays.
func onlyArrays(a *Args) bool {
	for element, err := range a.All() {
		if err != nil || msgp.KindOf(element[0]) != msgp.KindArray {
			return false
		}
	}
	return a.Len() > 0
}
