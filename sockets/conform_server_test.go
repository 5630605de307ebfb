package sockets

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// serve starts a server of the case's mode on a free port.
func (t *caseT) serve(srv *Server) *Server {
	t.Helper()
	return t.serveAt(srv, "127.0.0.1", "0")
}

func (t *caseT) serveAt(srv *Server, host, port string) *Server {
	t.Helper()
	srv.Mode = t.mode()
	t.must(srv.Start(t.ctx, host, port))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(background, soon)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// client connects to srv.
func (t *caseT) client(srv *Server) *Socket {
	t.Helper()
	a := srv.Addr()
	return t.own(ConnectContext(t.ctx, a.Host(), a.Service()))
}

// wait waits for what a handler tells.
func (t *caseT) wait(g *reactor.Gate) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, soon)
	defer cancel()
	if g.Wait(ctx) != nil {
		t.Fatal("it never happened")
	}
}

var serverCases = []conformance{
	{name: "C129 the address of a server", run: func(t *caseT) {
		if a := t.serve(&Server{Handler: echoLines}).Addr(); a.Port == 0 || a.Host() != "127.0.0.1" {
			t.Errorf("Addr: %v", a)
		}
	}},
	{name: "C130 a handler answers and returns", run: func(t *caseT) {
		srv := t.serve(&Server{Handler: func(_ context.Context, s *Socket, from Addr) {
			wantBytes(t, "hi", nil)(s.ReadN(2, soon))
			if from.String() != s.RemoteAddr().String() {
				t.Errorf("from %v, the peer is %v", from, s.RemoteAddr())
			}
			send(t, s, "Hello, world")
		}})
		c := t.client(srv)
		send(t, c, "hi")
		wantBytes(t, "Hello, world", io.ErrUnexpectedEOF)(c.ReadN(123, soon))
	}},
	{name: "C131 Prepare comes once, before Bind", run: func(t *caseT) {
		calls := 0
		srv := t.serve(&Server{Handler: echoLines, Prepare: func(s *Socket) (int, error) {
			calls++
			if name, err := s.Name(); err != nil || name.Port != 0 {
				t.Errorf("the socket is bound to %v, %v", name, err)
			}
			wantOption(t, s, "socket", "SO_REUSEADDR", 1)
			if _, err := s.ReadN(1, short); err == nil {
				t.Error("it can be read from")
			}
			return 5, s.SetLinger(false, 0)
		}})
		c := t.client(srv)
		send(t, c, "x\n")
		wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
		if calls != 1 {
			t.Errorf("Prepare was called %d times", calls)
		}
	}},
	{name: "C132 Start fails", run: func(t *caseT) {
		taken := t.serve(&Server{Handler: echoLines})
		mine := errors.New("mine")
		for _, tc := range []struct {
			what, host, port string
			srv              *Server
			want             error
		}{
			{"Prepare fails", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(*Socket) (int, error) { return 0, mine }}, mine},
			{"Prepare closes", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(s *Socket) (int, error) { return 0, s.Close() }}, net.ErrClosed},
			{"Prepare binds", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(s *Socket) (int, error) { return 0, s.Bind("127.0.0.1", "0") }}, syscall.EINVAL},
			{"Prepare's backlog", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(*Socket) (int, error) { return -1, nil }}, ErrInvalid},
			{"negative backlog", "127.0.0.1", "0", &Server{Handler: echoLines, Backlog: -1}, ErrInvalid},
			{"negative limit", "127.0.0.1", "0", &Server{Handler: echoLines, MaxConns: -1}, ErrInvalid},
			{"mode", "127.0.0.1", "0", &Server{Handler: echoLines, Mode: 7}, ErrInvalid},
			{"no handler", "127.0.0.1", "0", &Server{}, ErrInvalid},
			{"port", "127.0.0.1", "70000", &Server{Handler: echoLines}, ErrInvalid},
			{"port taken", "127.0.0.1", taken.Addr().Service(), &Server{Handler: echoLines}, syscall.EADDRINUSE},
			{"foreign address", "8.8.8.8", "0", &Server{Handler: echoLines}, syscall.EADDRNOTAVAIL},
			{"started", "127.0.0.1", "0", taken, ErrInvalid},
		} {
			if err := tc.srv.Start(t.ctx, tc.host, tc.port); !isAny(err, tc.want) {
				t.Errorf("%s: error is %v, want %v", tc.what, err, tc.want)
			}
			if tc.srv != taken {
				wantIs(t, tc.srv.Close(), net.ErrClosed)
			}
		}
	}},
	{name: "C133 a panic ends its connection only", run: func(t *caseT) {
		var log syncBuffer
		srv := t.serve(&Server{Name: "test", Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Handler: func(_ context.Context, s *Socket, _ Addr) {
				send(t, s, "part")
				panic("on purpose")
			}})
		for range 2 {
			wantBytes(t, "part", io.ErrUnexpectedEOF)(t.client(srv).ReadN(10, soon))
		}
		t.until("the panics are logged", func() bool { return strings.Count(log.String(), "on purpose") >= 2 })
		if text := log.String(); strings.Count(text, "level=ERROR") != 2 || strings.Count(text, "server=test/127.0.0.1:") != 2 {
			t.Errorf("the log is %s", text)
		}
	}},
	{name: "C134 a handler may close its socket, or detach it", run: func(t *caseT) {
		var log syncBuffer
		var detached reactor.Gate
		fd := -1
		srv := t.serve(&Server{Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Handler: func(_ context.Context, s *Socket, _ Addr) {
				if text, _ := s.ReadN(1, soon); string(text) == "c" {
					send(t, s, "bye")
					_ = s.Close()
					return
				}
				fd, _ = s.Detach()
				detached.Open()
			}})
		c := t.client(srv)
		send(t, c, "c")
		wantBytes(t, "bye", io.ErrUnexpectedEOF)(c.ReadN(10, soon))
		c = t.client(srv)
		send(t, c, "d")
		t.wait(&detached)
		s := t.own(FromFD(fd))
		send(t, s, "still here")
		wantBytes(t, "still here", nil)(c.ReadN(10, soon))
		if log.String() != "" {
			t.Errorf("the log is %s", log.String())
		}
	}},
	{name: "C135 Close lets handlers go on", run: func(t *caseT) {
		var begun, release reactor.Gate
		srv := t.serve(&Server{Handler: func(ctx context.Context, s *Socket, _ Addr) {
			begun.Open()
			_ = release.Wait(ctx)
			send(t, s, "late")
		}})
		c := t.client(srv)
		t.wait(&begun)
		t.closeServer(srv)
		wantIs(t, srv.Close(), net.ErrClosed)
		_, err := t.connectTo("127.0.0.1", srv.Addr().Service(), soon)
		wantIs(t, err, syscall.ECONNREFUSED)
		release.Open()
		wantBytes(t, "late", io.ErrUnexpectedEOF)(c.ReadN(10, soon))
	}},
	{name: "C136 handlers run at the same time", run: func(t *caseT) {
		const clients = 50
		var all reactor.Gate
		left := make(chan bool, clients)
		srv := t.serve(&Server{Handler: func(ctx context.Context, s *Socket, _ Addr) {
			left <- true
			if len(left) == clients {
				all.Open()
			}
			_ = all.Wait(ctx) // none returns before all have begun
			send(t, s, "x")
		}})
		for range clients {
			c := t.client(srv)
			defer func() { wantBytes(t, "x", nil)(c.ReadN(1, soon)) }()
		}
	}},
	{name: "C137 a handler may close its server", run: func(t *caseT) {
		var srv *Server
		var ready reactor.Gate
		srv = t.serve(&Server{Handler: func(ctx context.Context, s *Socket, _ Addr) {
			_ = ready.Wait(ctx)
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
			send(t, s, "closed")
		}})
		ready.Open()
		wantBytes(t, "closed", nil)(t.client(srv).ReadN(6, soon))
	}},
	{name: "C138 lines before the end", run: func(t *caseT) {
		var done reactor.Gate
		srv := t.serve(&Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
			defer done.Open()
			wantBytes(t, "A\n", nil)(s.ReadUntil(soon, "\n"))
			wantBytes(t, "B", io.ErrUnexpectedEOF)(s.ReadUntil(soon, "\n"))
			wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "\n"))
		}})
		c := t.client(srv)
		send(t, c, "A\nB")
		t.must(c.Close())
		t.wait(&done)
	}},
	{name: "C139 a half-closed peer gets its answer, from another goroutine too", run: func(t *caseT) {
		srv := t.serve(&Server{Handler: func(ctx context.Context, s *Socket, _ Addr) {
			wantBytes(t, "request", io.ErrUnexpectedEOF)(s.ReadN(100, soon))
			reactor.Await(ctx, func() {
				_ = reactor.Sleep(background, short/2)
				send(t, s, "reply")
			})
		}})
		c := t.client(srv)
		send(t, c, "request")
		t.must(c.CloseWrite())
		wantBytes(t, "reply", io.ErrUnexpectedEOF)(c.ReadN(100, soon))
	}},
	{name: "C140 what a handler wrote arrives", run: func(t *caseT) {
		data := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
		const request = "a request that the handler does not read\n"
		srv := t.serve(&Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
			_, _ = s.Readable(soon)
			if n, err := s.Write(data); n != len(data) || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		}})
		for range 3 {
			c := t.client(srv)
			send(t, c, request)
			got, err := readOpts(c, ReadOptions{})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("got %d bytes of %d, %v", len(got), len(data), err)
			}
		}
	}},
	{name: "C141 a unix server removes its path, again and again", run: func(t *caseT) {
		path := filepath.Join(t.TempDir(), "s")
		for range 10 {
			srv := t.serveAt(&Server{Handler: echoLines}, "unix/", path)
			c := t.client(srv)
			send(t, c, "x\n")
			wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
			t.must(c.Close())
			t.closeServer(srv)
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the path is left: %v", err)
			}
		}
	}},
	{name: "C142 a stale path is taken over, a live one is not", run: func(t *caseT) {
		path := filepath.Join(t.TempDir(), "s")
		leaveStale(t, path)
		t.serveAt(&Server{Handler: echoLines}, "unix/", path)
		wantIs(t, (&Server{Handler: echoLines}).Start(t.ctx, "unix/", path), syscall.EADDRINUSE)
	}},
	{name: "C143 what is not our socket is left alone", run: func(t *caseT) {
		path := filepath.Join(t.TempDir(), "precious")
		t.must(os.WriteFile(path, []byte("data"), 0o600))
		wantIs(t, (&Server{Handler: echoLines}).Start(t.ctx, "unix/", path), syscall.EADDRINUSE)
		if got, err := os.ReadFile(path); string(got) != "data" {
			t.Errorf("the file is %q, %v", got, err)
		}
		t.must(os.Remove(path))
		old := t.serveAt(&Server{Handler: echoLines}, "unix/", path)
		t.must(os.Remove(path))
		young := t.serveAt(&Server{Handler: echoLines}, "unix/", path)
		t.closeServer(old) // must not remove the path of the new server
		c := t.client(young)
		send(t, c, "x\n")
		wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
	}},
	{name: "C144 bad paths", run: func(t *caseT) {
		wantIs(t, (&Server{Handler: echoLines}).Start(t.ctx, "unix/", strings.Repeat("x", 110)), syscall.ENOBUFS)
		wantIs(t, (&Server{Handler: echoLines}).Start(t.ctx, "unix/", t.TempDir()+"/missing/s"), syscall.ENOENT, os.ErrNotExist)
	}},
}

// closeServer closes srv, beside the loop in a fiber: the case is none of the
// server's handlers.
func (t *caseT) closeServer(srv *Server) {
	t.Helper()
	reactor.Await(t.ctx, func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}
