package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.Main(m) }

// start builds and runs the program and returns where it listens.
func start(t *testing.T) (addr string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "readonlytable")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "-listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return addr
}

const script = `
local json = require('json')
local s = require('net.box').connect(...).space.planets
local function names(list)
    local t = {}
    for i, tuple in ipairs(list) do t[i] = tuple.name end
    print(table.concat(t, ' '))
end
print(json.encode(s:get('Mars')))
print(s:get('Earth').moons, s:get('Pluto'))
names(s:select())
names(s:select({'M'}, {iterator = 'GE', limit = 2}))
names(s:select({'Mars'}, {iterator = 'LE'}))
names(s:select({'Mars'}, {iterator = 'GT', offset = 1}))
print(s.index.name:count(), s.index.name:count('Venus'))
print(select(2, pcall(s.insert, s, {'Pluto', 5, 1188.3})))
os.exit(0)
`

const want = `["Mars",2,3389.5]
1
Earth Jupiter Mars Mercury Venus
Mars Mercury
Mars Jupiter Earth
Venus
5	1
View 'planets' is read-only
`

func TestPagesOfTheTable(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	conn, err := netbox.Connect(t.Context(), start(t), netbox.Options{Reactor: r})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, tt := range []struct {
		key  netbox.Parts
		o    netbox.SelectOptions
		want string
	}{
		{netbox.Key(), netbox.SelectOptions{}, "Earth Jupiter Mars Mercury Venus"},
		{netbox.Key("K"), netbox.SelectOptions{Iterator: iproto.IteratorGE}, "Mars Mercury Venus"},
		{netbox.Key("Mercury"), netbox.SelectOptions{Iterator: iproto.IteratorLE}, "Mercury Mars Jupiter Earth"},
	} {
		for _, tt.o.PageSize = range []uint32{1, 2, 5} {
			var names []string
			for planet, err := range conn.Space("planets").Pairs(t.Context(), tt.key, tt.o) {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, planet.String(0))
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("%+v: got %s, want %s", tt.o, got, tt.want)
			}
		}
	}
}

func TestNetBoxReadsTheTable(t *testing.T) {
	tarantool := reactortest.Need(t, "tarantool")
	path := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, tarantool, path, start(t))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if string(out) != want {
		t.Errorf("got:\n%s\nwant:\n%s", out, want)
	}
}
