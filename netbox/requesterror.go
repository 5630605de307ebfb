package netbox

import (
	"fmt"
	"strings"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A RequestError tells which request has failed: of what type it was, and for
// which server. It is what all errors of requests come in, but for those of the
// caller's own functions.
type RequestError struct {
	Type iproto.Type
	Peer string // the address of the server
	Err  error  // why: an *Error of the server's, a *ConnError, ctx's cause, why it could not be encoded
}

// Error tells all of it.
func (e *RequestError) Error() string {
	if lost, ok := e.Err.(*ConnError); ok && lost.Peer == e.Peer { //nolint:errorlint // the one right below
		return fmt.Sprintf("netbox: %v %s: %s", e.Type, e.Peer, lost.reason())
	}
	return fmt.Sprintf("netbox: %v %s: %s", e.Type, e.Peer, strings.TrimPrefix(e.Err.Error(), "netbox: "))
}

// Unwrap returns the reason.
func (e *RequestError) Unwrap() error { return e.Err }

// requestFailed names the request that has failed with err, unless that is nil.
func (c *Conn) requestFailed(typ iproto.Type, err error) error {
	if err == nil {
		return nil
	}
	return &RequestError{Type: typ, Peer: c.peer, Err: err}
}

// failed is Conn.requestFailed for the future's request.
func (f *Future) failed(err error) error {
	if err == nil {
		return nil
	}
	return f.conn.requestFailed(f.req, err)
}
