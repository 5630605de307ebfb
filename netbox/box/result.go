package box

import (
	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A data is the body of an answer in the making: results, and what is to be
// said of them.
type data struct {
	r           *Request
	frame, mark int     // where the frame and the results begin
	count       int     // of the results
	named       bool    // the client takes tuples with the names of their fields
	formats     formats // of such tuples
	space       *Space  // whose tuples all of them are; nil: see formats
	position    []byte  // of the last tuple; nil: none
}

// appendResults appends a whole answer with the results of a handler. On error
// dst is returned as it was.
func (r *Request) appendResults(dst []byte, result any) ([]byte, error) {
	start := len(dst)
	d := data{r: r}
	dst = d.begin(dst, iproto.FeatureCallRetTupleExtension)
	var err error
	if r.header.Type == iproto.TypeCall16 {
		dst, err = d.appendTuples(dst, result)
	} else {
		dst, err = d.appendValues(dst, result)
	}
	if err != nil {
		return dst[:start], err
	}
	return d.end(dst)
}

// begin begins the answer to a client that takes tuples with names if it has
// announced the feature.
func (d *data) begin(dst []byte, feature iproto.Feature) []byte {
	d.named = d.r.features.Has(feature)
	dst, d.frame = iproto.BeginFrame(dst)
	dst = iproto.AppendReplyHeader(dst, iproto.TypeOK, d.r.header.Sync, d.r.session.srv.schemaVersion())
	dst, d.mark = iproto.AppendDataHead(dst)
	return dst
}

// end ends the answer.
func (d *data) end(dst []byte) ([]byte, error) {
	dst = iproto.EndData(dst, d.mark, uint32(d.count))
	if d.position != nil || d.space != nil || d.formats != nil {
		dst = iproto.AppendDataTail(dst, d.mark, d.tail(), d.position)
	}
	return iproto.CloseFrame(dst, d.frame, 0)
}

// tail returns the formats that the answer tells of, nil when it has none: a
// client may trust that the tuples are extensions when there are any.
func (d *data) tail() []byte {
	switch {
	case d.space != nil:
		return d.space.formats
	case d.formats != nil:
		return d.formats.append(nil)
	}
	return nil
}

// tuple makes a result of the tuple of a space at dst[start:].
func (d *data) tuple(dst []byte, start int, s *Space) []byte {
	d.count++
	if !d.named || len(s.Format) == 0 {
		return dst
	}
	d.space = s
	return extend(dst, start, 0)
}

// appendReply appends a whole answer with the body that f appends.
func (r *Request) appendReply(dst []byte, f func(dst []byte) []byte) ([]byte, error) {
	dst, frame := iproto.BeginFrame(dst)
	dst = iproto.AppendReplyHeader(dst, iproto.TypeOK, r.header.Sync, r.session.srv.schemaVersion())
	return iproto.CloseFrame(f(dst), frame, 0)
}

// appendValues appends what a handler returned.
func (d *data) appendValues(dst []byte, result any) (out []byte, err error) {
	switch v := result.(type) {
	case nil:
		return dst, nil
	case *Args:
		d.count = v.Len()
		return append(dst, v.Elements()...), nil
	case Values:
		for _, e := range v {
			if dst, err = d.appendValue(dst, e); err != nil {
				return dst, err
			}
		}
		d.count = len(v)
		return dst, nil
	}
	d.count = 1
	return d.appendValue(dst, result)
}

// appendValue appends one value. An error travels as such to a client that can
// take it, and to others as its text.
func (d *data) appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case error:
		e := replyTo(v, d.r.name())
		if d.r.features.Has(iproto.FeatureErrorExtension) {
			return ext.AppendError(dst, e), nil
		}
		return msgp.AppendString(dst, e.Message), nil
	case Tuple:
		return d.appendTuple(dst, v)
	case []Tuple:
		return d.appendList(dst, v)
	}
	return msgp.AppendValue(dst, v)
}

// appendTuple appends a tuple, with the number of its format if the client
// takes that.
func (d *data) appendTuple(dst []byte, t Tuple) ([]byte, error) {
	start := len(dst)
	dst, err := appendTuple(dst, t.Fields)
	if err == nil && d.named && len(t.Format) > 0 {
		dst = extend(dst, start, d.formats.number(t.Format))
	}
	return dst, err
}

// appendList appends an array of tuples.
func (d *data) appendList(dst []byte, list []Tuple) (out []byte, err error) {
	start := len(dst)
	dst = msgp.AppendArrayHeader(dst, len(list))
	for i := range list {
		if dst, err = d.appendTuple(dst, list[i]); err != nil {
			return dst[:start], err
		}
	}
	return dst, nil
}

// appendTuples is appendValues for CALL_16, where every result is a tuple: a
// value that is no array becomes an array of one, and a single array of arrays
// is the list of results.
func (d *data) appendTuples(dst []byte, result any) ([]byte, error) {
	d.named = false
	plain, err := d.appendValues(nil, result)
	if err != nil {
		return dst, err
	}
	if list, err := msgp.NewArray(plain); d.count == 1 && err == nil && onlyArrays(&list) {
		plain, d.count = list.Elements(), list.Len()
	}
	for range d.count {
		n, err := msgp.Skip(plain)
		if err != nil {
			return dst, err
		}
		if msgp.KindOf(plain[0]) != msgp.KindArray {
			dst = msgp.AppendArrayHeader(dst, 1)
		}
		dst = append(dst, plain[:n]...)
		plain = plain[n:]
	}
	return dst, nil
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
