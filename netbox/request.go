package netbox

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Request is a request that can be sent, once or many times. Make it with
// Ping, Call, Eval, Execute and their relatives, or with the Request methods of
// Space and Index.
type Request struct {
	typ      iproto.Type
	iterator iproto.Iterator
	limit    uint32
	offset   uint32
	list            // the arguments, the key, the tuple, the parameters
	text     string // the function, the expression, the statement
	space    *space
	index    *index
	stream   *Stream
	more     *extras // what few requests have
}

// extras are the rarer parts of a request.
type extras struct {
	ops      list // of UPDATE and UPSERT
	after    list // the tuple behind which a page begins
	position []byte
	fetch    bool // the position is wanted
	begin    iproto.Begin
	stmt     uint64
	safe     bool // to be repeated
}

// Ping asks for nothing but an answer.
func Ping() Request { return Request{typ: iproto.TypePing} }

// Call calls the function name with args. Anything that MessagePack can hold
// is an argument: basic types, slices, maps, structs with msgpack tags, types
// with encoders of their own.
func Call(name string, args ...any) Request {
	return Request{typ: iproto.TypeCall, text: name, list: list{values: args}}
}

// CallRaw is Call with the arguments as one encoded array, which is not
// checked beyond its first byte. It must not change while the request is sent.
func CallRaw(name string, args []byte) Request {
	return Request{typ: iproto.TypeCall, text: name, list: rawList(args)}
}

// Call16 is Call as Tarantool 1.6 had it: every result is wrapped into an array.
func Call16(name string, args ...any) Request {
	return Request{typ: iproto.TypeCall16, text: name, list: list{values: args}}
}

// Eval evaluates expr on the server with args.
func Eval(expr string, args ...any) Request {
	return Request{typ: iproto.TypeEval, text: expr, list: list{values: args}}
}

// EvalRaw is Eval with the arguments as CallRaw takes them.
func EvalRaw(expr string, args []byte) Request {
	return Request{typ: iproto.TypeEval, text: expr, list: rawList(args)}
}

// Execute executes an SQL statement with values for its parameters. Its answer
// has Result.SQL.
func Execute(statement string, params ...any) Request {
	return Request{typ: iproto.TypeExecute, text: statement, list: list{values: params}}
}

// WatchOnce asks for the value of a key as it is now.
func WatchOnce(key string) Request { return Request{typ: iproto.TypeWatchOnce, text: key} }

// Idempotent returns the request with the promise that executing it twice does no
// harm: then Options.Retry applies to it as it does to those that only read.
func (r Request) Idempotent() Request {
	m := r.extra()
	m.safe = true
	r.more = &m
	return r
}

// extra returns a copy of the rarer parts.
func (r *Request) extra() extras {
	if r.more == nil {
		return extras{}
	}
	return *r.more
}

// Type returns what kind of request it is.
func (r *Request) Type() iproto.Type { return r.typ }

// String names the request, for logs.
func (r *Request) String() string {
	switch {
	case r.space != nil:
		return fmt.Sprintf("%v %v", r.typ, r.space)
	case r.text == "":
		return r.typ.String()
	}
	return fmt.Sprintf("%v %q", r.typ, r.text)
}

// plain reports whether the arguments are of basic types, so that encoding
// them runs no code of the user's.
func (r *Request) plain() bool {
	return r.list.plain() && (r.more == nil || r.more.ops.plain() && r.more.after.plain())
}

// encoded returns the request with its arguments encoded.
func (r *Request) encoded() (Request, error) {
	e := *r
	raw, err := r.list.append(nil)
	if err != nil {
		return e, err
	}
	e.list = rawList(raw)
	if r.more != nil {
		more := *r.more
		if more.ops, err = r.more.ops.encoded(); err != nil {
			return e, err
		}
		if more.after, err = r.more.after.encoded(); err != nil {
			return e, err
		}
		e.more = &more
	}
	return e, nil
}
