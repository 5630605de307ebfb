package box

import (
	"net"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/pipe"
)

// maxAuthDelay is the most that an answer to wrong credentials is held back.
const maxAuthDelay = 10 * time.Second

// nobody is whom a name stands for that is no user's: it takes as long to
// refuse.
var nobody = func() *account {
	a := &account{}
	a.rights.Store(&rights{})
	return a
}()

// errCredentials says as little as Tarantool's: not whether there is such a
// user.
var errCredentials = iproto.NewError(iproto.CodeCredsMismatch, "User not found or supplied credentials are invalid")

// auth answers an AUTH request. Requests behind it wait until it is answered.
func (x *session) auth(h *iproto.Header, body []byte) {
	a, _, err := iproto.ParseAuth(body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	user := x.srv.account(string(a.User))
	if user == nil {
		user = nobody
	}
	failure, wrong := x.verify(user, &a)
	name, header := string(a.User), *h
	switch triggers := x.srv.funcs.Load().onAuth; {
	case failure != nil && !wrong:
		x.fail(h, failure)
	case len(triggers) == 0:
		x.concludeAuth(&header, user, name, string(a.Method), failure)
	default:
		method := string(a.Method)
		x.stalled = true
		x.srv.spawn(func() {
			for _, f := range triggers {
				err := x.srv.guard(func() error { return f(x.ctx, x.background(), name, failure == nil) })
				if err != nil && failure == nil {
					failure = replyTo(err, "on_auth")
				}
			}
			x.later(func() { x.concludeAuth(&header, user, name, method, failure) })
		})
	}
}

// verify checks what proves the user. wrong tells that it was the proof, and
// not the form of the request, that was at fault.
func (x *session) verify(user *account, a *iproto.Auth) (failure *iproto.Error, wrong bool) {
	r := user.rights.Load()
	right := false
	switch string(a.Method) {
	case "":
		if user.name != guestName || r.password {
			return iproto.NewError(iproto.CodeInvalidMsgPack, "Invalid MsgPack - authentication request body"), false
		}
		right = true
	case iproto.AuthChapSHA1:
		if len(a.Data) != iproto.ScrambleSize {
			return invalidAuth(a.Method, "invalid scramble size"), false
		}
		right = r.chap.Verify(x.salt[:], a.Data)
	case iproto.AuthPapSHA256:
		if !x.confidential() {
			return invalidAuth(a.Method, "the connection is not encrypted"), false
		}
		right = r.pap.Verify(a.Data)
	default:
		return iproto.NewError(iproto.CodeUnknownAuthMethod,
			"Unknown authentication method '"+string(a.Method)+"'", "value", string(a.Method)), false
	}
	switch {
	case !right || !r.password && user.name != guestName:
		return errCredentials, true
	case r.noSession:
		return accessDenied("Session", "universe", "", user.name), true
	}
	return nil, false
}

func invalidAuth(method []byte, what string) *iproto.Error {
	return iproto.NewError(iproto.CodeInvalidAuthRequest, "Invalid '"+string(method)+"' request: "+what)
}

// confidential reports whether nobody else can read what the client sends.
func (x *session) confidential() bool {
	switch x.conn.RemoteAddr().(type) {
	case *net.UnixAddr, pipe.Addr:
		return true
	}
	return x.tls != nil || x.srv.cfg.PlainPasswords
}

// concludeAuth makes the session the user's, or lets who did not know the
// password wait.
func (x *session) concludeAuth(h *iproto.Header, user *account, name, method string, failure *iproto.Error) {
	if failure == nil {
		x.user.Store(user)
		x.failures = 0
		x.ok(h)
		return
	}
	x.failures++
	x.srv.counts.authFailures.Add(1)
	x.srv.log.Warn("box: authentication failed", "session", x.id, "peer", x.conn.RemoteAddr(), "user", name,
		"method", method, "failures", x.failures, "err", failure.Message)
	header := *h
	if x.srv.cfg.AuthDelay < 0 {
		x.fail(h, failure)
		return
	}
	x.stalled = true
	delay := min(x.srv.cfg.AuthDelay<<min(x.failures-1, 16), max(maxAuthDelay, x.srv.cfg.AuthDelay))
	x.timers.penalty = x.conn.Loop().AfterFunc(delay, func() { x.resumeWith(func() { x.fail(&header, failure) }) })
}
