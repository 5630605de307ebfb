package netbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
)

func TestTarantoolUsers(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true, Script: `
		box.schema.user.create('bob', {password = ''})
		box.schema.user.grant('bob', 'execute', 'universe')`})
	for _, tt := range []struct {
		name, address string
		o             Options
		user          string
		code          iproto.Code
	}{
		{"nobody", "", Options{}, "guest", 0},
		{"C33 of the address", "alice:secret@", Options{}, "alice", 0},
		{"C33 of the options", "", Options{User: "alice", Password: "secret"}, "alice", 0},
		{"C33 of the options, not of the address", "alice:secret@", Options{User: "bob"}, "bob", 0},
		{"C32 empty password", "bob:@", Options{}, "bob", 0},
		{"C32 no password", "bob@", Options{}, "bob", 0},
		{"a guest who says so", "guest@", Options{}, "guest", 0},
		{"with a method", "alice:secret@", Options{AuthType: iproto.AuthChapSHA1}, "alice", 0},
		{"wrong password", "alice:wrong@", Options{}, "", iproto.CodeCredsMismatch},
		{"unknown user", "carol:secret@", Options{}, "", iproto.CodeNoSuchUser},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.NoSchema = true
			c, err := Connect(patience(t), tt.address+srv.Addr, tt.o)
			if tt.code != 0 {
				if !errors.Is(err, tt.code) || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v, want %v", err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if user, err := CallAs[string](patience(t), c, "box.session.user"); err != nil || user != tt.user {
				t.Errorf("I am %q, %v, want %q", user, err, tt.user)
			}
		})
	}
}

// authServer expects an AUTH and answers it; authType is what its ID says.
func authServer(t *testing.T, authType string, check func(a iproto.Auth)) string {
	return perform(t, func(_ int, s *script) {
		s.Write(greeting())
		b, mark := iproto.BeginFrame(nil)
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, s.next().Sync, 1)
		s.Write(iproto.EndFrame(iproto.ID{Version: 10, AuthType: authType}.Append(b), mark))
		r := s.next()
		a, _, err := iproto.ParseAuth(r.body)
		if r.Type != iproto.TypeAuth || err != nil {
			t.Errorf("got %v, %v", r.Type, err)
		}
		check(a)
		s.ok(r.Sync)
		s.answerAll(nil)
	}).addr
}

func TestUnknownMethodOfTheServer(t *testing.T) {
	addr := authServer(t, "sorcery", func(a iproto.Auth) {
		want, _ := iproto.Scramble(make([]byte, 32), "secret")
		if string(a.Method) != iproto.AuthChapSHA1 || string(a.User) != "alice" || string(a.Data) != string(want[:]) {
			t.Errorf("C34: %s %x", a.Method, a.Data)
		}
	})
	connect(t, "alice:secret@"+addr, Options{NoSchema: true})
}

func TestPapNeedsEncryption(t *testing.T) {
	words := "Authentication method 'pap-sha256' does not support unencrypted connection"
	_, err := Connect(patience(t), "alice:secret@127.0.0.1:1", Options{AuthType: iproto.AuthPapSHA256})
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("C35: %v", err)
	}
	sc := perform(t, func(_ int, s *script) {
		s.Write(greeting())
		b, mark := iproto.BeginFrame(nil)
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, s.next().Sync, 1)
		s.Write(iproto.EndFrame(iproto.ID{AuthType: iproto.AuthPapSHA256}.Append(b), mark))
		if r := s.next(); r.Type != 0 {
			t.Errorf("C35: the client says %v", r.Type)
		}
	})
	if _, err = Connect(patience(t), "alice:secret@"+sc.addr, Options{}); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("C35: by the server's choice: %v", err)
	}
}

func TestContradictoryOptions(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Options
		says string
	}{
		"negative time":           {Options{PingEvery: -1}, "PingEvery"},
		"negative queue":          {Options{MaxQueued: -1}, "MaxQueued"},
		"password without a user": {Options{Password: "x"}, "user is not defined"},
		"unknown method":          {Options{AuthType: "sorcery"}, "Unknown authentication method 'sorcery'"},
		"most without a first":    {Options{ReconnectMax: 1}, "ReconnectAfter"},
		"patience without pings":  {Options{PingTimeout: 1}, "PingEvery"},
		"impossible feature":      {Options{RequiredFeatures: []iproto.Feature{64}}, "RequiredFeatures"},
	} {
		if _, err := Connect(patience(t), "127.0.0.1:1", tt.o); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("C49 %s: %v", name, err)
		}
	}
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := Connect(patience(t), "127.0.0.1:1", Options{NoWait: true, Reactor: r}); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("a reactor that has stopped: %v", err)
	}
}
