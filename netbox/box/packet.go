package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// packet processes one packet: header and body. Every request gets exactly one
// answer.
func (x *session) packet(p []byte) {
	h, n, err := iproto.ParseHeader(p)
	if err != nil {
		x.refuse(h, err)
		return
	}
	if err := x.admit(&h); err != nil {
		x.fail(h.Sync, err)
		return
	}
	body := p[n:]
	switch h.Type {
	case iproto.TypePing:
		x.ping(&h, body)
	case iproto.TypeCall, iproto.TypeCall16:
		x.call(&h, body)
	case iproto.TypeEval:
		x.eval(&h, body)
	case iproto.TypeID:
		x.identify(&h, body)
	case iproto.TypeAuth:
		x.auth(&h, body)
	case iproto.TypeNop:
		x.nop(&h, body)
	case iproto.TypeSelect, iproto.TypeInsert, iproto.TypeReplace, iproto.TypeUpdate, iproto.TypeDelete, iproto.TypeUpsert:
		x.space(&h, body)
	default:
		x.unknown(&h, body)
	}
	x.spill()
}

// admit checks what holds for every request.
func (x *session) admit(h *iproto.Header) *iproto.Error {
	if v := h.SchemaVersion; v != 0 && v != schemaVersion {
		return iproto.NewError(iproto.CodeWrongSchemaVersion,
			fmt.Sprintf("Wrong schema version, current: %d, in request: %d", schemaVersion, v))
	}
	if h.StreamID == 0 {
		return nil
	}
	if !mayStream(h.Type) {
		return iproto.NewError(iproto.CodeUnableToProcessInStream,
			fmt.Sprintf("Unable to process %v request in stream", h.Type))
	}
	return unsupported("streams")
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

func unsupported(what string) *iproto.Error {
	return iproto.NewError(iproto.CodeUnsupported, "Kharon does not support "+what)
}

// refuse answers a packet that the parser refused with err.
func (x *session) refuse(h iproto.Header, err error) {
	reply := iproto.ReplyTo(err)
	if reply == nil {
		reply = iproto.NewError(iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet header")
	}
	x.fail(h.Sync, reply)
}

func (x *session) fail(sync uint64, e *iproto.Error) {
	x.out.B = e.AppendReply(x.out.B, sync, schemaVersion)
}

func (x *session) ping(h *iproto.Header, body []byte) {
	if err := iproto.ParsePing(body); err != nil {
		x.refuse(*h, err)
		return
	}
	x.out.B = iproto.AppendOK(x.out.B, h.Sync, schemaVersion)
}

// identify answers an ID request. No features are offered yet.
func (x *session) identify(h *iproto.Header, body []byte) {
	if _, _, err := iproto.ParseID(body); err != nil {
		x.refuse(*h, err)
		return
	}
	id := iproto.ID{Version: iproto.ProtocolVersion, AuthType: "chap-sha1"}
	b, mark := iproto.BeginFrame(x.out.B)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, schemaVersion)
	x.out.B = iproto.EndFrame(id.Append(b), mark)
}

// nop answers a request that only replication knows.
func (x *session) nop(h *iproto.Header, body []byte) {
	if len(body) > 0 {
		x.fail(h.Sync, iproto.NewError(iproto.CodeInvalidMsgPack, "Invalid MsgPack - junk after packet body"))
		return
	}
	x.unknown(h, nil)
}

func (x *session) unknown(h *iproto.Header, body []byte) {
	if _, err := iproto.ParseBody(body); err != nil {
		x.refuse(*h, err)
		return
	}
	switch h.Type {
	case iproto.TypeBegin, iproto.TypeCommit, iproto.TypeRollback:
		x.fail(h.Sync, iproto.NewError(iproto.CodeUnableToProcessOutOfStream,
			fmt.Sprintf("Unable to process %v request out of stream", h.Type)))
	case iproto.TypeExecute, iproto.TypePrepare:
		x.fail(h.Sync, unsupported("SQL"))
	default:
		x.fail(h.Sync, iproto.NewError(iproto.CodeUnknownRequestType,
			fmt.Sprintf("Unknown request type %d", uint32(h.Type))))
	}
}
