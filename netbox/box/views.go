package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// firstSchemaVersion is the version of the schema of a server without spaces.
const firstSchemaVersion = 1

// A schema is what clients know of the spaces. It is not changed once
// published.
type schema struct {
	version uint64
	spaces  any
}

// schemaVersion stands in every answer.
func (s *Server) schemaVersion() uint64 { return s.schema.Load().version }

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
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, x.srv.schemaVersion())
		b, _ = iproto.AppendDataHead(b)
		x.out.B = iproto.EndFrame(b, mark)
	default:
		if name == "" {
			name = fmt.Sprint(id)
		}
		x.fail(h, iproto.NewError(iproto.CodeNoSuchSpace,
			fmt.Sprintf("Space '%s' does not exist", name), "space", name))
	}
}

func isView(id uint32) bool {
	return id == vspace || id == vindex || id == vcollation || id == vspaceSequence
}

// spaceOf checks a body and reads which space it names.
func spaceOf(typ iproto.Type, body []byte) (id uint32, name string, err error) {
	var ref iproto.Ref
	switch typ {
	case iproto.TypeSelect:
		var m iproto.Select
		m, _, err = iproto.ParseSelect(body)
		ref = m.Space
	case iproto.TypeUpdate:
		var m iproto.Update
		m, _, err = iproto.ParseUpdate(body)
		ref = m.Space
	case iproto.TypeDelete:
		var m iproto.Delete
		m, _, err = iproto.ParseDelete(body)
		ref = m.Space
	case iproto.TypeUpsert:
		var m iproto.Upsert
		m, _, err = iproto.ParseUpsert(body)
		ref = m.Space
	default:
		var m iproto.Insert
		m, _, err = iproto.ParseInsert(body)
		ref = m.Space
	}
	return ref.ID, string(ref.Name), err
}
