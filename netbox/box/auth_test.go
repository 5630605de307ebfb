package box

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
)

const mismatch = "User not found or supplied credentials are invalid"

// request encodes a request of any type with a body that is appended by f.
func request(typ iproto.Type, sync, stream uint64, f func(dst []byte) []byte) []byte {
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendRequestHeader(b, typ, sync, stream)
	if f != nil {
		b = f(b)
	}
	return iproto.EndFrame(b, mark)
}

// auth encodes an AUTH by chap-sha1.
func (r *raw) auth(sync uint64, user, password string) []byte {
	scramble, err := iproto.Scramble(r.greeting.Salt, password)
	if err != nil {
		r.t.Fatal(err)
	}
	a := iproto.Auth{User: []byte(user), Method: []byte(iproto.AuthChapSHA1), Data: scramble[:]}
	return request(iproto.TypeAuth, sync, 0, a.Append)
}

// whoami is a function that returns the session's user.
func whoami(_ context.Context, req *Request) (any, error) { return req.Session().User(), nil }

// expectString reads an answer with one string.
func (r *raw) expectString(sync uint64, want string) {
	r.t.Helper()
	p := r.expectOK(sync)
	array, _, err := iproto.ParseData(p.body)
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := msgp.NewArray(array)
	if got := a.String(0); err != nil || a.Err() != nil || got != want {
		r.t.Fatalf("got %q, want %q (%v, %v)", got, want, err, a.Err())
	}
}

// withUsers starts a server with alice, who may do everything, and bob, who may little.
func withUsers(t *testing.T, cfg Config) (*Server, *raw) {
	t.Helper()
	srv, addr := start(t, cfg)
	for _, u := range []User{
		{Name: "alice", Password: "secret", Rights: All},
		{Name: "bob", Password: "bobs", Grants: []Grant{{Execute, "function", "echo"}}},
		{Name: "locked", Password: "secret", Rights: All, NoSession: true},
		{Name: "nopass", Rights: All},
	} {
		if err := srv.SetUser(u); err != nil {
			t.Fatal(err)
		}
	}
	srv.Func("whoami", whoami)
	return srv, dialRaw(t, addr)
}

func TestUsersLogIn(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		if err := srv.SetUser(User{Name: "alice", Password: "secret", Rights: All}); err != nil {
			t.Fatal(err)
		}
		srv.Func("whoami", whoami)
		c.write(call(1, "whoami"))
		c.expectString(1, "guest")
		c.write(append(c.auth(2, "alice", "secret"), call(3, "whoami")...))
		c.expectOK(2)
		c.expectString(3, "alice")
		c.write(request(iproto.TypeAuth, 4, 0, iproto.Auth{User: []byte("guest")}.Append))
		c.expectOK(4)
		c.write(call(5, "whoami"))
		c.expectString(5, "guest")
	})
}

func TestS29WrongUserAndWrongPasswordAreTheSame(t *testing.T) {
	_, c := withUsers(t, Config{AuthDelay: -1})
	var seen []*iproto.Error
	for i, who := range [][2]string{{"alice", "wrong"}, {"nobody", "secret"}, {"nopass", ""}, {"nopass", "x"}, {"guest", "x"}} {
		c.write(c.auth(uint64(i), who[0], who[1]))
		seen = append(seen, c.expectError(uint64(i), iproto.CodeCredsMismatch, mismatch))
	}
	for _, e := range seen {
		if got, want := e.Append(nil), seen[0].Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%x and %x tell users apart", got, want)
		}
	}
	t.Run("S30 the session goes on as it was", func(t *testing.T) {
		c.write(call(7, "whoami"))
		c.expectString(7, "guest")
		c.write(append(c.auth(8, "alice", "secret"), c.auth(9, "bob", "wrong")...))
		c.expectOK(8)
		c.expectError(9, iproto.CodeCredsMismatch, mismatch)
		c.write(call(10, "whoami"))
		c.expectString(10, "alice")
	})
}

func TestAuthOfOtherForms(t *testing.T) {
	_, c := withUsers(t, Config{AuthDelay: -1})
	auth := func(user, method string, data []byte) []byte {
		return request(iproto.TypeAuth, 1, 0, iproto.Auth{User: []byte(user), Method: []byte(method), Data: data}.Append)
	}
	for _, tt := range []struct {
		name    string
		request []byte
		code    iproto.Code
		message string
	}{
		{"S36 no right to log in", c.auth(1, "locked", "secret"), 42, "Session access to universe '' is denied for user 'locked'"},
		{"no right and a wrong password", c.auth(1, "locked", "wrong"), 47, mismatch},
		{"unknown method", auth("alice", "md5", []byte("x")), 249, "Unknown authentication method 'md5'"},
		{"short scramble", auth("alice", "chap-sha1", []byte("x")), 251, "Invalid 'chap-sha1' request: invalid scramble size"},
		{"scramble that is a number", frame(t, "82 01 01 00 07 82 23 a5616c696365 21 92 a9636861702d73686131 07"), 251,
			"Invalid 'chap-sha1' request: scramble must be string"},
		{"nothing to prove alice", frame(t, "82 01 01 00 07 82 23 a5616c696365 21 90"), 20, "Invalid MsgPack - authentication request body"},
		{"half a proof", frame(t, "82 01 01 00 07 82 23 a5616c696365 21 91 a9636861702d73686131"), 20,
			"Invalid MsgPack - authentication request body"},
		{"pap-sha256 in the clear", auth("alice", "pap-sha256", []byte("secret")), 251,
			"Invalid 'pap-sha256' request: the connection is not encrypted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.write(tt.request)
			c.expectError(1, tt.code, tt.message)
			c.expectAlive()
		})
	}
}

func TestPapWhereNobodyElseCanRead(t *testing.T) {
	srv, _ := withUsers(t, Config{AuthDelay: -1})
	path := "unix/:" + filepath.Join(t.TempDir(), "s")
	if _, err := srv.Listen(path); err != nil {
		t.Fatal(err)
	}
	c := dialRaw(t, path)
	for i, tt := range []struct {
		password string
		right    bool
	}{{"secret", true}, {"Secret", false}, {"", false}} {
		a := iproto.Auth{User: []byte("alice"), Method: []byte(iproto.AuthPapSHA256), Data: []byte(tt.password)}
		c.write(request(iproto.TypeAuth, uint64(i), 0, a.Append))
		if tt.right {
			c.expectOK(uint64(i))
		} else {
			c.expectError(uint64(i), iproto.CodeCredsMismatch, mismatch)
		}
	}
}

func TestRights(t *testing.T) {
	srv, c := withUsers(t, Config{})
	srv.Eval(func(context.Context, string, *Request) (any, error) { return nil, nil })
	c.write(c.auth(1, "bob", "bobs"))
	c.expectOK(1)
	c.write(call(2, "echo"))
	c.expectOK(2)
	denied := func(sync uint64, p []byte, message string) {
		t.Helper()
		c.write(p)
		e := c.expectError(sync, iproto.CodeAccessDenied, message)
		if e.Stack[0].Type != "AccessDeniedError" {
			t.Errorf("stack %+v", e.Stack)
		}
	}
	denied(3, call(3, "nop"), "Execute access to function 'nop' is denied for user 'bob'")
	denied(4, call(4, "no.such"), "Execute access to function 'no.such' is denied for user 'bob'")
	denied(5, frame(t, "82 01 05 00 08 82 27 a131 21 90"), "Execute access to universe '' is denied for user 'bob'")
	if err := srv.SetUser(User{Name: "bob", Password: "bobs", Rights: Execute}); err != nil {
		t.Fatal(err)
	}
	c.write(call(6, "nop")) // at once, for those who are logged in as well
	c.expectOK(6)
	srv.DropUser("bob")
	denied(7, call(7, "nop"), "Execute access to function 'nop' is denied for user 'bob'")
	srv.DropUser("guest")
	if srv.account("guest") == nil {
		t.Error("the guest is gone")
	}
}

// A lines is a log handler that counts lines with a text.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func TestWrongCredentialsCostTime(t *testing.T) {
	const delay = 20 * time.Millisecond
	log := &lines{}
	_, c := withUsers(t, Config{AuthDelay: delay, Logger: slog.New(slog.NewTextHandler(log, nil))})
	began := time.Now()
	var out []byte
	for i := range uint64(3) { // 1, 2 and 4 delays: they do not run at once
		out = append(out, c.auth(i, "alice", "guess")...)
	}
	c.write(append(out, call(9, "whoami")...))
	for i := range uint64(3) {
		c.expectError(i, iproto.CodeCredsMismatch, mismatch)
	}
	c.expectString(9, "guest")
	if took := time.Since(began); took < 7*delay {
		t.Errorf("three guesses took %v, want %v at least", took, 7*delay)
	}
	if n := log.count("authentication failed"); n != 3 {
		t.Errorf("%d lines in the log, want 3:\n%s", n, &log.buf)
	}
	if strings.Contains(log.buf.String(), "guess") {
		t.Error("a password is in the log")
	}
}

func TestDisconnectDuringThePenalty(t *testing.T) {
	for _, how := range []string{"close", "half-close", "reset"} {
		t.Run(how, func(t *testing.T) {
			srv, c := withUsers(t, Config{AuthDelay: time.Hour})
			c.write(append(c.auth(1, "alice", "guess"), call(2, "nop")...))
			for srv.Stats().AuthFailures == 0 {
				time.Sleep(time.Millisecond)
			}
			c.hangUp(how)
			if err := srv.Close(); err != nil { // would wait for ever for a session that hangs
				t.Fatal(err)
			}
		})
	}
}

func TestS208AuthTriggers(t *testing.T) {
	srv, c := withUsers(t, Config{AuthDelay: -1})
	var mu sync.Mutex
	var seen []string
	srv.OnAuth(func(_ context.Context, s Session, user string, ok bool) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, user, map[bool]string{true: "right", false: "wrong"}[ok], s.User())
		if user == "bob" {
			return errors.New("not bob")
		}
		return nil
	})
	c.write(c.auth(1, "alice", "secret"))
	c.expectOK(1)
	c.write(append(c.auth(2, "alice", "wrong"), c.auth(3, "bob", "bobs")...))
	c.expectError(2, iproto.CodeCredsMismatch, mismatch)
	c.expectError(3, iproto.CodeProcLua, "not bob")
	c.write(call(4, "whoami"))
	c.expectString(4, "alice")
	mu.Lock()
	defer mu.Unlock()
	want := "alice right guest alice wrong alice bob right alice"
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("triggers saw %q, want %q", got, want)
	}
}

const netBoxUsers = `
local net = require('net.box')
local addr = ...
local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    print(name .. ' -> ' .. (ok and tostring(err) or err.code .. ' ' .. err.message))
end
local function as(user, password) return net.connect(addr, {user = user, password = password}) end
local c = as('alice', 'secret')
print(c.state, c:call('whoami'))
c = net.connect('alice:secret@' .. addr)
print(c.state, c:call('whoami'))
for _, who in ipairs{{'alice', 'wrong'}, {'nobody', 'secret'}, {'locked', 'secret'}, {'nopass', ''}} do
    c = as(unpack(who))
    print(who[1], c.state, c.error)
end
c = as('bob', 'bobs')
print(c.state, c:call('echo', {'bob may'}))
try('nop', c.call, c, 'nop')
try('eval', c.eval, c, 'return 1')
os.exit(0)
`

const netBoxUsersOut = `active	alice
active	alice
alice	error	User not found or supplied credentials are invalid
nobody	error	User not found or supplied credentials are invalid
locked	error	Session access to universe '' is denied for user 'locked'
nopass	error	User not found or supplied credentials are invalid
active	bob may
nop -> 42 Execute access to function 'nop' is denied for user 'bob'
eval -> 42 Execute access to universe '' is denied for user 'bob'
`

func TestNetBoxLogsIn(t *testing.T) {
	_, c := withUsers(t, Config{AuthDelay: time.Millisecond})
	if got := tarantooltest.RunScript(t, netBoxUsers, c.RemoteAddr().String()); got != netBoxUsersOut {
		t.Errorf("S27, S29, S36: got:\n%s\nwant:\n%s", got, netBoxUsersOut)
	}
}
