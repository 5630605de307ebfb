package netbox

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Request is a request that can be sent, once or many times. Make it with
// Ping, Call, Eval or their Raw forms.
type Request struct {
	typ  iproto.Type
	text string // the function or the expression
	args []any
	raw  []byte // the arguments, encoded; used when not nil
	id   *iproto.ID
}

// Ping asks for nothing but an answer.
func Ping() Request { return Request{typ: iproto.TypePing} }

// Call calls the function name with args. Anything that MessagePack can hold
// is an argument: basic types, slices, maps, structs with msgpack tags, types
// with encoders of their own.
func Call(name string, args ...any) Request {
	return Request{typ: iproto.TypeCall, text: name, args: args}
}

// CallRaw is Call with the arguments as one encoded array, which is not
// checked beyond its first byte. It must not change while the request is sent.
func CallRaw(name string, args []byte) Request {
	return Request{typ: iproto.TypeCall, text: name, raw: args}
}

// Eval evaluates expr on the server with args.
func Eval(expr string, args ...any) Request {
	return Request{typ: iproto.TypeEval, text: expr, args: args}
}

// EvalRaw is Eval with the arguments as CallRaw takes them.
func EvalRaw(expr string, args []byte) Request {
	return Request{typ: iproto.TypeEval, text: expr, raw: args}
}

// String names the request, for logs.
func (r *Request) String() string {
	if r.text == "" {
		return r.typ.String()
	}
	return fmt.Sprintf("%v %q", r.typ, r.text)
}

// append appends the frame of the request. On error dst is returned as it was.
func (r *Request) append(dst []byte, sync uint64) ([]byte, error) {
	if r.typ == iproto.TypePing {
		return iproto.AppendPing(dst, sync, 0), nil
	}
	start := len(dst)
	dst, mark := iproto.BeginFrame(dst)
	dst = iproto.AppendRequestHeader(dst, r.typ, sync, 0)
	dst, err := r.appendBody(dst)
	if err != nil {
		return dst[:start], err
	}
	if dst, err = iproto.CloseFrame(dst, mark, 0); err != nil {
		return dst, fmt.Errorf("%w: %w", errEncode, err)
	}
	return dst, nil
}

func (r *Request) appendBody(dst []byte) ([]byte, error) {
	switch r.typ {
	case iproto.TypeID:
		return r.id.Append(dst), nil
	case iproto.TypeCall:
		dst = iproto.AppendCallHead(dst, r.text)
	default:
		dst = iproto.AppendEvalHead(dst, r.text)
	}
	if r.raw != nil {
		if len(r.raw) == 0 || msgp.KindOf(r.raw[0]) != msgp.KindArray {
			return dst, fmt.Errorf("%w: raw arguments are no array", errEncode)
		}
		return append(dst, r.raw...), nil
	}
	return appendArgs(dst, r.args)
}

func appendArgs(dst []byte, args []any) ([]byte, error) {
	dst = msgp.AppendArrayHeader(dst, len(args))
	var err error
	for i := range args {
		if dst, err = msgp.AppendValue(dst, args[i]); err != nil {
			return dst, argError(i, err)
		}
	}
	return dst, nil
}

func argError(i int, err error) error {
	return fmt.Errorf("%w: argument %d: %w", errEncode, i+1, err)
}

// plain reports whether the arguments are of basic types, so that encoding
// them runs no code of the user's.
func (r *Request) plain() bool {
	for _, v := range r.args {
		switch v.(type) {
		case nil, bool, string, []byte, int, int8, int16, int32, int64,
			uint, uint8, uint16, uint32, uint64, float32, float64:
		default:
			return false
		}
	}
	return true
}

// encoded returns the request with its arguments encoded.
func (r *Request) encoded() (Request, error) {
	raw, err := appendArgs(nil, r.args)
	return Request{typ: r.typ, text: r.text, raw: raw}, err
}
