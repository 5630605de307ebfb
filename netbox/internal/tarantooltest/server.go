package tarantooltest

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// patience is how long a server may take to end after it was asked to. Then it is killed.
const patience = 5 * time.Second

//go:embed server.lua
var serverLua string

// Options says what kind of server a test needs. The zero value gives one on 127.0.0.1 whose guest may execute.
type Options struct {
	// Listen is the address to listen on, as box.cfg takes it: "127.0.0.1:0", "unix/:/dir/tarantool.sock". Empty
	// means "127.0.0.1:0": the system chooses a free port, and no other program can take it first.
	Listen string

	// Super grants the guest everything: to create spaces, read and write them, eval.
	Super bool

	// Script is Lua that runs as admin before the server listens, at every start. It defines the functions and spaces
	// of the test; nothing is written to disk, so a restart begins anew.
	Script string

	// Replicates makes the server write its data to disk, so that a restart finds it again, and so that StartReplicas
	// can make it part of a replica set. Script must do without what is there already.
	Replicates bool

	// Sources are the addresses of the servers to replicate from, as box.cfg takes them. The first start copies the data
	// of one of them.
	Sources []string

	// ReadOnly starts the server read-only.
	ReadOnly bool

	// MemoryMiB limits what all tuples together may take. Zero means 64, the least is 32.
	MemoryMiB int
}

// Server is a running Tarantool.
type Server struct {
	// Addr is what the server listens on, such as "127.0.0.1:41234" or "unix/:/dir/tarantool.sock". It stays the same
	// over restarts.
	Addr string

	// Immutable after Start.
	t      testing.TB
	binary string
	dir    string
	args   []string // of server.lua, after directory and address

	// Owned by the test's goroutine.
	cmd    *exec.Cmd     // nil when stopped
	exited chan struct{} // closed by the goroutine that waits for cmd
}

// Start runs a server until the test is over and returns when it accepts connections. The last lines of its log are
// part of a failed test's output.
//
// Must be called on the test's goroutine.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{Addr: o.Listen, t: t, binary: reactortest.Need(t, "tarantool"), dir: t.TempDir()}
	if s.Addr == "" {
		s.Addr = "127.0.0.1:0"
	}
	if o.MemoryMiB == 0 {
		o.MemoryMiB = 64
	}
	script := ""
	if o.Script != "" {
		script = s.write("test.lua", o.Script)
	}
	s.args = []string{
		strconv.Itoa(o.MemoryMiB << 20), strconv.FormatBool(o.Super), strconv.Itoa(os.Getpid()), script,
		strconv.FormatBool(o.Replicates), strconv.FormatBool(o.ReadOnly), strings.Join(o.Sources, ","),
	}
	s.write("server.lua", serverLua)
	t.Cleanup(s.cleanup)
	s.launch()
	return s
}

// Stop asks the server to end, and waits. Tarantool closes its connections and drops what they were waiting for. It
// does nothing when the server is not running.
//
// Must be called on the test's goroutine.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server as abruptly as a crash does: it has no time for a last word on any connection. It does nothing
// when the server is not running.
//
// Must be called on the test's goroutine.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Freeze stops the server in its tracks: its connections stay, and nobody answers on them, until Thaw or the end of the
// test.
//
// Must be called on the test's goroutine.
func (s *Server) Freeze() {
	signalGroup(s.cmd, sigFreeze)
	s.t.Cleanup(s.Thaw)
}

// Thaw lets a frozen server go on. It does nothing when the server is not running.
//
// Must be called on the test's goroutine.
func (s *Server) Thaw() {
	if s.cmd != nil {
		signalGroup(s.cmd, sigThaw)
	}
}

// Restart starts the server again on the address it had, after Stop if it is still running.
//
// Must be called on the test's goroutine.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.launch()
}

// launch starts the process and waits for the file in which it says where it listens.
func (s *Server) launch() {
	s.t.Helper()
	addressFile := filepath.Join(s.dir, "address")
	_ = os.Remove(addressFile)
	s.run()
	var address []byte
	reactortest.Eventually(s.t, func() bool {
		if s.hasExited() {
			s.t.Fatalf("tarantool ended before it listened on %s: %v", s.Addr, s.cmd.ProcessState)
		}
		var err error
		address, err = os.ReadFile(addressFile)
		return err == nil
	}, "tarantool to listen on %s", s.Addr)
	s.Addr = string(address)
}

// run starts the process, with its output in a file so that nothing has to read it.
func (s *Server) run() {
	s.t.Helper()
	output, err := os.OpenFile(filepath.Join(s.dir, "output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer output.Close()
	cmd := exec.Command(s.binary, append([]string{filepath.Join(s.dir, "server.lua"), s.dir, s.Addr}, s.args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, output, output
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in ProcessState
	}()
	s.cmd, s.exited = cmd, exited
}

// end signals the process group and waits; a server that takes too long is killed.
func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	signalGroup(s.cmd, sig)
	select {
	case <-s.exited:
	case <-time.After(patience):
		signalGroup(s.cmd, syscall.SIGKILL)
		<-s.exited
	}
	s.cmd = nil
}

func (s *Server) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

func (s *Server) cleanup() {
	s.Stop()
	if s.t.Failed() {
		s.t.Logf("the end of tarantool's log:\n%s\nand of its output:\n%s", s.tail("tarantool.log"), s.tail("output"))
	}
}

// tail returns the last lines of a file of the server's.
func (s *Server) tail(name string) string {
	const lines = 30
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// write puts a file into the server's directory and returns its path.
func (s *Server) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}
