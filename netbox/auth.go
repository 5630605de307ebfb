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
	auth, err := l.proof(o, theirs)
	if err != nil {
		return err
	}
	return l.exchange(ctx, &Request{typ: iproto.TypeAuth, list: rawList(auth.Append(nil))}, func(f *Future) error {
		return f.read(new(Result))
	})
}

// proof is what the method of authentication wants. A guest without a password
// proves nothing.
func (l *link) proof(o *Options, theirs string) (a iproto.Auth, err error) {
	method := o.AuthType
	if method == "" && (theirs == iproto.AuthChapSHA1 || theirs == iproto.AuthPapSHA256) {
		method = theirs
	}
	a.User = []byte(o.User)
	switch {
	case o.User == "guest" && o.Password == "":
		return a, nil
	case method == iproto.AuthPapSHA256 && o.TLS == nil:
		return a, errPlainPap
	case method == iproto.AuthPapSHA256:
		a.Method, a.Data = []byte(method), []byte(o.Password)
		return a, nil
	}
	scramble, err := iproto.Scramble(l.greeting.Salt, o.Password)
	a.Method, a.Data = []byte(iproto.AuthChapSHA1), scramble[:]
	return a, err
}
