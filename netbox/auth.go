package netbox

import (
	"context"
	"errors"

	"github.com/kharon-net/kharon/codec/iproto"
)

// errPlainPap has the words of net.box.
var errPlainPap = errors.New("Authentication method 'pap-sha256' does not support unencrypted connection") //nolint:staticcheck // net.box's words

// authenticate makes the user of the options that of the session. The method is
// that of the options, the server's, or chap-sha1.
func (l *link) authenticate(ctx context.Context, theirs string) error {
	o := &l.conn.opts
	if o.User == "" {
		return nil
	}
	method := o.AuthType
	if method == "" && (theirs == iproto.AuthChapSHA1 || theirs == iproto.AuthPapSHA256) {
		method = theirs
	}
	auth := iproto.Auth{User: []byte(o.User)}
	if method == iproto.AuthPapSHA256 {
		if o.TLS == nil {
			return errPlainPap
		}
		auth.Method, auth.Data = []byte(iproto.AuthPapSHA256), []byte(o.Password)
	} else {
		scramble, err := iproto.Scramble(l.greeting.Salt, o.Password)
		if err != nil {
			return err
		}
		auth.Method, auth.Data = []byte(iproto.AuthChapSHA1), scramble[:]
	}
	return l.exchange(ctx, &Request{typ: iproto.TypeAuth, list: rawList(auth.Append(nil))}, func(f *Future) error {
		_, err := f.result()
		return err
	})
}
