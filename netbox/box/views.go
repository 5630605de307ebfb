package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
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
	id, name, err := spaceOf(h.Type, body)
	switch {
	case err != nil:
		x.refuse(*h, err)
	case name == "" && isView(id) && h.Type == iproto.TypeSelect:
		b, mark := iproto.BeginFrame(x.out.B)
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, schemaVersion)
		b, _ = iproto.AppendDataHead(b)
		x.out.B = iproto.EndFrame(b, mark)
	default:
		if name == "" {
			name = fmt.Sprint(id)
		}
		x.fail(h.Sync, iproto.NewError(iproto.CodeNoSuchSpace,
			fmt.Sprintf("Space '%s' does not exist", name), "space", name))
	}
}

func isView(id uint32) bool {
	return id == vspace || id == vindex || id == vcollation || id == vspaceSequence
}

// mandatory is what the requests for tuples must have besides a space, in the
// order in which it is missed.
var mandatory = map[iproto.Type][]iproto.Key{
	iproto.TypeSelect:  {iproto.KeyLimit, iproto.KeyKey},
	iproto.TypeInsert:  {iproto.KeyTuple},
	iproto.TypeReplace: {iproto.KeyTuple},
	iproto.TypeUpdate:  {iproto.KeyKey, iproto.KeyTuple},
	iproto.TypeDelete:  {iproto.KeyKey},
	iproto.TypeUpsert:  {iproto.KeyTuple, iproto.KeyOps},
}

// spaceOf checks a body and reads SPACE_ID, of which 32 bits count, or
// SPACE_NAME, which wins.
func spaceOf(typ iproto.Type, body []byte) (id uint32, name string, err error) {
	keys, err := parseKeys(body)
	if err != nil {
		return 0, "", err
	}
	if !keys.has(iproto.KeySpaceID) && !keys.has(iproto.KeySpaceName) {
		return 0, "", missing(iproto.KeySpaceID)
	}
	for _, k := range mandatory[typ] {
		if !keys.has(k) {
			return 0, "", missing(k)
		}
	}
	return uint32(keys.uint(iproto.KeySpaceID)), string(keys.string(iproto.KeySpaceName)), nil
}
