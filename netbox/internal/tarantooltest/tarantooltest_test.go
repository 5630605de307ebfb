package tarantooltest_test

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.Main(m) }

// greet connects to a server on TCP and reads its greeting.
func greet(t *testing.T, addr string) (net.Conn, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(reactortest.Patience)); err != nil {
		t.Fatal(err)
	}
	greeting := make([]byte, 128)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		t.Fatal(err)
	}
	return conn, string(greeting)
}

// accepts tells whether anybody listens on addr.
func accepts(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestServerGreets(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{})
	_, greeting := greet(t, srv.Addr)
	if !strings.HasPrefix(greeting, "Tarantool 2.") && !strings.HasPrefix(greeting, "Tarantool 3.") {
		t.Errorf("greeting %q", greeting)
	}
}

func TestServersDoNotShareAPort(t *testing.T) {
	a := tarantooltest.Start(t, tarantooltest.Options{})
	b := tarantooltest.Start(t, tarantooltest.Options{})
	if a.Addr == b.Addr {
		t.Errorf("both listen on %s", a.Addr)
	}
}

// callEverything prints one line per thing that server.lua promises.
const callEverything = `
local net, addr = require('net.box'), ...
local guest, alice = net.connect(addr), net.connect(addr, {user = 'alice', password = 'secret'})
local pushed = {}
print('ping', guest:ping(), alice:ping())
print('echo', guest:call('echo', {1, 'two'}))
print('nop', guest:call('nop'))
print('push_n', guest:call('push_n', {3}, {on_push = function(_, i) table.insert(pushed, i) end}))
print('pushed', table.concat(pushed, ' '))
print('sleep', alice:call('sleep', {0.01}))
print('fail', pcall(guest.call, guest, 'fail', {'as asked'}))
print('eval', (pcall(guest.eval, guest, "box.schema.space.create('s')")))
os.exit(0)
`

func TestServerOffersItsFunctions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options tarantooltest.Options
		eval    string
	}{
		{"guest", tarantooltest.Options{}, "false"},
		{"guest with all rights", tarantooltest.Options{Super: true}, "true"},
		{"unix socket", tarantooltest.Options{Listen: "unix/:" + filepath.Join(t.TempDir(), "s")}, "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := tarantooltest.Start(t, tt.options)
			got := tarantooltest.RunScript(t, callEverything, srv.Addr)
			want := "ping\ttrue\ttrue\necho\t1\ttwo\nnop\npush_n\t3\npushed\t1 2 3\nsleep\t0.01\n" +
				"fail\tfalse\tas asked\neval\t" + tt.eval + "\n"
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestServerRunsTheScriptOfTheTest(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true, Script: `
		local s = box.schema.space.create('bands')
		s:create_index('pk')
		s:insert{1, 'Kruk'}
	`})
	const query = `print(require('net.box').connect(...).space.bands:get(1)) os.exit(0)`
	for _, name := range []string{"first start", "restarted"} {
		if got := tarantooltest.RunScript(t, query, srv.Addr); got != "[1, 'Kruk']\n" {
			t.Errorf("%s: got %q", name, got)
		}
		srv.Restart()
	}
}

func TestKillAndRestart(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{})
	addr := srv.Addr
	conn, _ := greet(t, addr)
	srv.Kill()
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("reading from the killed server: %v", err)
	}
	if accepts(addr) {
		t.Error("the killed server still accepts")
	}
	srv.Kill() // twice is no mistake
	srv.Restart()
	if srv.Addr != addr {
		t.Errorf("moved from %s to %s", addr, srv.Addr)
	}
	greet(t, addr)
}
