package box

import "github.com/kharon-net/kharon/codec/iproto"

// sql answers EXECUTE and PREPARE.
func (x *session) sql(h *iproto.Header, body []byte) {
	x.fail(h, unsupported("SQL"))
}
