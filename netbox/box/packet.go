package box

import (
	"fmt"
	"strings"

	"github.com/kharon-net/kharon/codec/iproto"
)

// packet processes one packet: header and body. Every request gets exactly one
// answer, but WATCH and UNWATCH, which get none.
func (x *session) packet(p []byte) {
	x.received++
	var h iproto.Header
	n, err := h.Parse(p)
	if err != nil {
		x.tally.add(0)
		x.refuse(h, err)
		return
	}
	x.tally.add(h.Type)
	if h.SchemaVersion|h.StreamID != 0 {
		if err := x.admit(&h); err != nil {
			x.fail(&h, err)
			return
		}
	}
	if over := x.srv.overrides.Load(); over != nil && x.override(over, &h, p[n:]) {
		return
	}
	x.serve(&h, p[n:])
	x.spillFrom(flushAt)
}

// serve does what a request asks for.
func (x *session) serve(h *iproto.Header, body []byte) {
	switch h.Type {
	case iproto.TypePing:
		x.ping(h, body)
	case iproto.TypeCall, iproto.TypeCall16:
		x.call(h, body)
	case iproto.TypeEval:
		x.eval(h, body)
	case iproto.TypeID:
		x.identify(h, body)
	case iproto.TypeAuth:
		x.auth(h, body)
	case iproto.TypeWatch, iproto.TypeUnwatch, iproto.TypeWatchOnce:
		x.watching(h, body)
	case iproto.TypeBegin, iproto.TypeCommit, iproto.TypeRollback:
		x.transact(h, body)
	case iproto.TypeSelect, iproto.TypeInsert, iproto.TypeReplace, iproto.TypeUpdate, iproto.TypeDelete, iproto.TypeUpsert:
		x.space(h, body)
	case iproto.TypeExecute, iproto.TypePrepare:
		x.sql(h, body)
	case iproto.TypeNop:
		x.nop(h, body)
	default:
		x.unknown(h, body)
	}
}

// admit checks what holds for every request that names a stream or a version
// of the schema.
func (x *session) admit(h *iproto.Header) *iproto.Error {
	current := x.srv.schemaVersion()
	if v := h.SchemaVersion; v != 0 && v != current {
		return iproto.NewError(iproto.CodeWrongSchemaVersion,
			fmt.Sprintf("Wrong schema version, current: %d, in request: %d", current, v))
	}
	if h.StreamID != 0 && !mayStream(h.Type) {
		return wrongPlace(iproto.CodeUnableToProcessInStream, h.Type, "in")
	}
	return nil
}

// mayStream reports whether Tarantool takes a request of this type in a stream.
func mayStream(t iproto.Type) bool {
	switch t {
	case iproto.TypeSelect, iproto.TypeInsert, iproto.TypeReplace, iproto.TypeUpdate, iproto.TypeDelete,
		iproto.TypeUpsert, iproto.TypeCall, iproto.TypeCall16, iproto.TypeEval, iproto.TypeExecute,
		iproto.TypePrepare, iproto.TypePing, iproto.TypeBegin, iproto.TypeCommit, iproto.TypeRollback:
		return true
	}
	return false
}

// wrongPlace is the error about a request that must not, or must, be in a
// stream.
func wrongPlace(code iproto.Code, t iproto.Type, where string) *iproto.Error {
	name, fields := "(null)", []string(nil) // as C prints the name that is not there
	if named(t) {
		name = t.String()
		fields = []string{"request", name}
	}
	return iproto.NewError(code, fmt.Sprintf("Unable to process %s request %s stream", name, where), fields...)
}

// named reports whether a type has a name.
func named(t iproto.Type) bool { return !strings.ContainsRune(t.String(), '(') }

func unsupported(what string) *iproto.Error {
	return iproto.NewError(iproto.CodeUnsupported, "Kharon does not support "+what)
}

// refuse answers a packet that the parser refused with err.
func (x *session) refuse(h iproto.Header, err error) {
	reply := iproto.ReplyTo(err)
	if reply == nil {
		reply = iproto.NewError(iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet header")
	}
	x.fail(&h, reply)
}

func (x *session) fail(h *iproto.Header, e *iproto.Error) {
	x.counts.errors.Add(1)
	x.out.B = e.AppendReply(x.out.B, h.Sync, x.srv.schemaVersion())
}

func (x *session) ok(h *iproto.Header) {
	x.out.B = iproto.AppendOK(x.out.B, h.Sync, x.srv.schemaVersion())
}

func (x *session) ping(h *iproto.Header, body []byte) {
	err := iproto.ParsePing(body)
	switch {
	case err != nil:
		x.refuse(*h, err)
	case h.StreamID != 0:
		x.startInStream(h, pong, nil)
	default:
		x.ok(h)
	}
}

// pong answers a PING that waits in its stream.
var pong = &function{name: "PING", act: appendOK, mode: Inline}

// appendOK is the action of a request that only has to be answered.
func appendOK(r *Request, dst []byte) ([]byte, error) {
	return iproto.AppendOK(dst, r.header.Sync, r.session.srv.schemaVersion()), nil
}

// nop answers a request that only replication knows.
func (x *session) nop(h *iproto.Header, body []byte) {
	if len(body) > 0 {
		x.fail(h, iproto.NewError(iproto.CodeInvalidMsgPack, "Invalid MsgPack - junk after packet body"))
		return
	}
	x.unknown(h, nil)
}

func (x *session) unknown(h *iproto.Header, body []byte) {
	if _, err := iproto.ParseBody(body); err != nil {
		x.refuse(*h, err)
		return
	}
	x.fail(h, iproto.NewError(iproto.CodeUnknownRequestType,
		fmt.Sprintf("Unknown request type %d", uint32(h.Type))))
}
