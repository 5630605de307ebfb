package sockets

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// Here the other end is another program: socat, and Tarantool's own socket
// module.

// runPeer starts a program with input and returns what waits for its output.
func runPeer(t *testing.T, input, program string, args ...string) (output func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	cmd := exec.CommandContext(ctx, reactortest.Need(t, program), args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	return func() string {
		defer cancel()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s%s", program, err, &out, &errs)
		}
		return out.String()
	}
}

// lua writes a script to a file.
func lua(t *testing.T, script string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(path, []byte("local socket = require('socket')\n"+script+"\nos.exit(0)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tarantoolServer runs a script that prints its port, or anything else, in one
// line when it is ready, and ends when its input does.
func tarantoolServer(t *testing.T, script string, args ...string) (line string) {
	t.Helper()
	script += "\nio.stdout:flush(); socket.iowait(0, 'R')"
	cmd := exec.Command(reactortest.Need(t, "tarantool"), append([]string{lua(t, script)}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// forModes runs a test of a server for each mode of its handlers.
func forModes(t *testing.T, f func(t *testing.T, mode Mode)) {
	t.Run("goroutine", func(t *testing.T) { f(t, Goroutine) })
	t.Run("fiber", func(t *testing.T) { f(t, Fiber) })
}

func startPeerServer(t *testing.T, mode Mode, host, port string, h Handler) *Server {
	t.Helper()
	srv := &Server{Handler: h, Mode: mode}
	if err := srv.Start(background, host, port); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(background) })
	return srv
}

func TestSocatSendsAFile(t *testing.T) {
	forModes(t, func(t *testing.T, mode Mode) {
		for _, host := range []string{"127.0.0.1", "unix/"} {
			port := "0"
			if host == "unix/" {
				port = filepath.Join(t.TempDir(), "s")
			}
			srv := startPeerServer(t, mode, host, port, func(_ context.Context, s *Socket, _ Addr) {
				for line, err := range s.Lines(soon) {
					_, _ = s.Write([]byte(strings.ToLower(string(line)) + "\n"))
					if err != nil {
						return
					}
				}
			})
			to := "TCP:" + srv.Addr().String()
			if host == "unix/" {
				to = "UNIX-CONNECT:" + port
			}
			if out := runPeer(t, "A\nB\nC", "socat", "-t5", "-", to)(); out != "a\nb\nc\n" {
				t.Errorf("%s: socat got %q", to, out)
			}
		}
	})
}

func TestSocatServes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(reactortest.Need(t, "socat"), "UNIX-LISTEN:"+path, "EXEC:cat")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var s *Socket
	reactortest.Eventually(t, func() (ok bool) {
		var err error
		s, err = Connect("unix/", path, soon)
		return err == nil
	}, "socat to listen")
	send(t, s, "one\ntwo")
	wantBytes(t, "one\n", nil)(s.ReadUntil(soon, "\n"))
	_ = s.CloseWrite()
	wantBytes(t, "two", io.ErrUnexpectedEOF)(s.ReadUntil(soon, "\n"))
	_ = s.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSocatSendsDatagrams(t *testing.T) {
	reactortest.Need(t, "socat") // here: a fiber must not be ended
	inBothModes(t, func(t *caseT) {
		s := t.make(FamilyInet, Datagram)
		t.must(s.Bind("127.0.0.1", "0"))
		path := filepath.Join(t.TempDir(), "s")
		u := t.make(FamilyUnix, Datagram)
		t.must(u.Bind("unix/", path))
		for to, s := range map[string]*Socket{"UDP:127.0.0.1:" + portOfSocket(t, s): s, "UNIX-SENDTO:" + path: u} {
			wait := runPeer(t.TB.(*testing.T), "a datagram", "socat", "-u", "-", to)
			m, err := s.RecvFromWait(soon, Auto)
			wantBytes(t, "a datagram", nil)(m.Data, err)
			reactor.Await(t.ctx, func() { wait() })
		}
	})
}

// TestTarantoolReads has Tarantool's module as the client.
func TestTarantoolReads(t *testing.T) {
	const script = `
local host, port = ...
local function show(...) local t = {...} for i = 1, select('#', ...) do t[i] = tostring(t[i]) end print(table.concat(t, ' ')) end
local s = socket.tcp_connect(host, host == 'unix/' and port or tonumber(port), 5)
s:write('delimiters\n')
show(s:read({delimiter = {'\n\n', '\r\n'}}, 5) == 'one\r\n', s:read(3, 5), s:read({chunk = 3, delimiter = 'X'}, 5))
s:write('half-close\nand the rest')
s:shutdown('W')
show(s:read('\n', 5) == 'got and the rest\n', s:read(10, 5) == '')
s:close()
s = socket.tcp_connect(host, host == 'unix/' and port or tonumber(port), 5)
s:write('reset\n')
local got = s:read(10, 5)
show(got, s:errno())
s:close()
s = socket.tcp_connect(host, host == 'unix/' and port or tonumber(port), 5)
s:write('long\n')
show(#s:read(3000000, 10), s:read(1, 5) == '')
s:close()`
	forModes(t, func(t *testing.T, mode Mode) {
		srv := startPeerServer(t, mode, "127.0.0.1", "0", func(_ context.Context, s *Socket, _ Addr) {
			for {
				line, err := s.ReadUntil(soon, "\n")
				if err != nil {
					return
				}
				switch string(line) {
				case "delimiters\n":
					_, _ = s.Write([]byte("one\r\n123abX"))
				case "half-close\n":
					rest, _, err := s.ReadOpts(ReadOptions{})
					if err != nil {
						t.Error(err)
					}
					_, _ = s.Write([]byte("got " + string(rest) + "\n"))
					return
				case "reset\n":
					_ = s.SetLinger(true, 0)
					_ = s.Close()
				case "long\n":
					_, _ = s.Write(make([]byte, 3000000))
					return
				}
			}
		})
		out := runPeer(t, "", "tarantool", lua(t, script), "127.0.0.1", srv.Addr().Service())()
		want := "true 123 abX\ntrue true\nnil 104\n3000000 true\n"
		if out != want {
			t.Errorf("tarantool printed\n%swant\n%s", out, want)
		}
	})
}

// TestTarantoolServes has Tarantool's module as the server.
func TestTarantoolServes(t *testing.T) {
	const script = `
local server = socket.tcp_server('127.0.0.1', 0, function(s)
    while true do
        local line = s:read('\n', 10)
        if line == nil or line == '' then return end
        if line == 'reset\n' then s:linger(true, 0) s:close() return end
        if line == 'end\n' then s:write('tail') return end
        if line == 'rest\n' then s:write('<' .. s:read(1000, 10) .. '>') return end
        s:write(line:upper())
    end
end)
print(server:name().port)`
	port := tarantoolServer(t, script)
	inBothModes(t, func(t *caseT) {
		dial := func() *Socket { return t.own(ConnectContext(t.ctx, "127.0.0.1", port)) }
		c := dial()
		send(t, c, "one\ntwo\n")
		wantBytes(t, "ONE\n", nil)(c.ReadUntil(soon, "\n"))
		wantBytes(t, "TWO\n", nil)(c.ReadUntil(soon, "\n"))
		send(t, c, "end\n")
		wantBytes(t, "tail", io.ErrUnexpectedEOF)(c.ReadUntil(soon, "\n"))
		c = dial()
		send(t, c, "rest\nhalf-closed")
		t.must(c.CloseWrite())
		wantBytes(t, "<half-closed>", io.ErrUnexpectedEOF)(c.ReadUntil(soon, "\n"))
		c = dial()
		send(t, c, "reset\n")
		_, err := c.ReadN(1, soon)
		wantIs(t, err, syscall.ECONNRESET)
	})
}

// TestTarantoolDatagrams exchanges datagrams with Tarantool's module, both ways
// round.
func TestTarantoolDatagrams(t *testing.T) {
	const script = `
local fiber = require('fiber')
local s = socket('AF_INET', 'SOCK_DGRAM', 'udp')
s:bind('127.0.0.1', 0)
fiber.create(function()
    while s:readable() do
        local data, from = s:recvfrom()
        s:sendto(from.host, from.port, #data .. ':' .. data)
    end
end)
print(s:name().port)`
	port := tarantoolServer(t, script)
	inBothModes(t, func(t *caseT) {
		s := t.make(FamilyInet, Datagram)
		for text, want := range map[string]string{"hello": "5:hello", "": "0:"} {
			if _, err := s.SendTo("127.0.0.1", port, []byte(text)); err != nil {
				t.Fatal(err)
			}
			m, err := s.RecvFromWait(soon, Auto)
			wantBytes(t, want, nil)(m.Data, err)
			if m.From == nil || m.From.Service() != port {
				t.Errorf("from %v", m.From)
			}
		}
		echo := t.make(FamilyInet, Datagram)
		t.must(echo.Bind("127.0.0.1", "0"))
		wait := runPeer(t.TB.(*testing.T), "", "tarantool", lua(t.TB.(*testing.T), `
local s = socket('AF_INET', 'SOCK_DGRAM', 'udp')
s:sendto('127.0.0.1', tonumber((...)), 'from tarantool')
s:readable(10)
local data, from = s:recvfrom()
print(data, from.host, from.port == tonumber((...)))`), portOfSocket(t, echo))
		m, err := echo.RecvFromWait(soon, Auto)
		wantBytes(t, "from tarantool", nil)(m.Data, err)
		_, err = echo.SendToAddr(*m.From, []byte("back"))
		t.must(err)
		reactor.Await(t.ctx, func() {
			if out := wait(); out != "back\t127.0.0.1\ttrue\n" {
				t.Errorf("tarantool printed %q", out)
			}
		})
	})
}
