package tarantooltest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// StartReplicas runs n servers that replicate from each other, on unix sockets: the first one can be written to, the
// others are read-only. A test promotes another with Promote. Each of them can be killed, and restarted with what it
// had written; it comes back read-only.
//
// Must be called on the test's goroutine.
func StartReplicas(t testing.TB, n int, o Options) []*Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "replicas") // the paths of sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o.Replicates, o.Super = true, true
	var all []string
	for i := range n {
		all = append(all, "unix/:"+filepath.Join(dir, strconv.Itoa(i)))
	}
	var servers []*Server
	for i := range n {
		o.Listen, o.ReadOnly, o.Sources = all[i], i > 0, all[:min(i, 1)]
		servers = append(servers, Start(t, o))
	}
	for i, s := range servers {
		var others []string
		for j, addr := range all {
			if j != i {
				others = append(others, addr)
			}
		}
		s.replicate(others)
	}
	return servers
}

// replicate makes the server replicate from others, from now on and after restarts, which it comes back from read-only.
func (s *Server) replicate(others []string) {
	s.t.Helper()
	list := "{'" + strings.Join(others, "', '") + "'}"
	s.Eval("box.cfg{replication_connect_quorum = 0, replication = " + list + "}")
	s.args[len(s.args)-2], s.args[len(s.args)-1] = "true", strings.Join(others, ",")
}

// Promote makes the server writable; Demote makes it read-only. Whether another one is writable is for the test to see to.
//
// Must be called on the test's goroutine.
func (s *Server) Promote() { s.t.Helper(); s.Eval("box.cfg{read_only = false}") }

// Demote undoes Promote.
//
// Must be called on the test's goroutine.
func (s *Server) Demote() { s.t.Helper(); s.Eval("box.cfg{read_only = true}") }

// Eval runs Lua on the server as guest, who needs Options.Super, by way of another Tarantool's net.box.
//
// Must be called on the test's goroutine.
func (s *Server) Eval(lua string) {
	s.t.Helper()
	RunScript(s.t, "local addr, lua = ... require('net.box').connect(addr):eval(lua) os.exit(0)", s.Addr, lua)
}
