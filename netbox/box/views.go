package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// The views a client reads when it connects. There are no spaces, so all of
// them are empty.
const (
	vcollation     = 277
	vspace         = 281
	vindex         = 289
	vspaceSequence = 341
)

// space answers requests for tuples.
func (x *session) space(h *iproto.Header, body []byte) {
	id, name, err := spaceOf(body)
	switch {
	case err != nil:
		x.refuse(*h, err)
	case name == nil && isView(id) && h.Type == iproto.TypeSelect:
		b, mark := iproto.BeginFrame(x.out.B)
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, schemaVersion)
		b, _ = iproto.AppendDataHead(b)
		x.out.B = iproto.EndFrame(b, mark)
	default:
		if name == nil {
			name = fmt.Appendf(nil, "#%d", id)
		}
		x.fail(h.Sync, iproto.NewError(iproto.CodeNoSuchSpace,
			fmt.Sprintf("Space '%s' does not exist", name), "space", string(name)))
	}
}

func isView(id uint64) bool {
	return id == vspace || id == vindex || id == vcollation || id == vspaceSequence
}

// spaceOf reads SPACE_ID or SPACE_NAME, which wins, out of a body.
func spaceOf(body []byte) (id uint64, name []byte, err error) {
	b, err := iproto.ParseBody(body)
	if err != nil {
		return 0, nil, err
	}
	bad := &iproto.PacketError{Code: iproto.CodeInvalidMsgPack, Detail: "packet body"}
	count, n, err := msgp.ReadMapHeader(b)
	if err != nil {
		return 0, nil, bad
	}
	found := false
	for range count {
		key, k, err := msgp.ReadUint(b[n:])
		if err != nil {
			return 0, nil, bad
		}
		n += k
		switch iproto.Key(key) {
		case iproto.KeySpaceID:
			id, _, err = msgp.ReadUint(b[n:])
			found = true
		case iproto.KeySpaceName:
			name, _, err = msgp.ReadString(b[n:])
			found = true
		}
		if err != nil {
			return 0, nil, bad
		}
		k, _ = msgp.Skip(b[n:])
		n += k
	}
	if !found {
		return 0, nil, &iproto.PacketError{Code: iproto.CodeMissingRequestField, Detail: iproto.KeySpaceID.String()}
	}
	return id, name, nil
}
