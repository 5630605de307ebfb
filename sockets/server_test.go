package sockets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// serve starts a server on a free port, shut down with the test.
func serve(t testing.TB, srv *Server) *Server {
	t.Helper()
	if err := srv.Start(context.Background(), "127.0.0.1", "0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// connect connects to srv; the connection is closed with the test.
func connect(t testing.TB, srv *Server) *Socket {
	t.Helper()
	c, err := Connect("127.0.0.1", portOf(srv), soon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func echoLines(_ context.Context, s *Socket, _ Addr) {
	for {
		line, err := s.ReadSlice(Forever, "\n")
		if err != nil {
			return
		}
		if _, err := s.Write(line); err != nil {
			return
		}
	}
}

func TestServerServesManyAtOnce(t *testing.T) {
	const clients, lines = 200, 50
	srv := serve(t, &Server{Handler: echoLines, ReusePort: true})
	if srv.Addr().Port == 0 { // C129
		t.Error("the address has no port")
	}
	var wg sync.WaitGroup
	for i := range clients {
		c := connect(t, srv)
		wg.Go(func() {
			for j := range lines {
				want := fmt.Sprintf("client %d line %d\n", i, j)
				send(t, c, want)
				wantBytes(t, want, nil)(c.ReadUntil(soon, "\n"))
			}
			_ = c.Close()
		})
	}
	wg.Wait()
}

func TestC130HandlerAnswersAndReturns(t *testing.T) {
	srv := serve(t, &Server{Handler: func(_ context.Context, s *Socket, from Addr) {
		got, err := s.ReadN(2, soon)
		wantBytes(t, "hi", nil)(got, err)
		if from.String() != s.RemoteAddr().String() {
			t.Errorf("from %v, the peer is %v", from, s.RemoteAddr())
		}
		send(t, s, "Hello, world")
	}})
	c := connect(t, srv)
	send(t, c, "hi")
	wantBytes(t, "Hello, world", io.ErrUnexpectedEOF)(c.ReadN(123, soon))
}

func TestC131PrepareComesBeforeBind(t *testing.T) {
	calls := 0
	srv := serve(t, &Server{
		Handler: echoLines,
		Prepare: func(s *Socket) (int, error) {
			calls++
			if name, err := s.Name(); err != nil || name.Port != 0 {
				t.Errorf("the socket is bound to %v, %v", name, err)
			}
			if s.FD() < 0 || s.SetLinger(false, 0) != nil {
				t.Error("its options can not be set")
			}
			if _, err := s.ReadN(1, short); err == nil {
				t.Error("it can be read from")
			}
			return 5, nil
		},
	})
	send(t, connect(t, srv), "x\n")
	if calls != 1 {
		t.Errorf("Prepare was called %d times", calls)
	}
}

func TestC132StartFails(t *testing.T) {
	taken := serve(t, &Server{Handler: echoLines})
	mine := errors.New("mine")
	for _, tc := range []struct {
		name, host, port string
		srv              *Server
		want             error
	}{
		{"Prepare fails", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(*Socket) (int, error) { return 0, mine }}, mine},
		{"Prepare closes", "127.0.0.1", "0", &Server{Handler: echoLines, Prepare: func(s *Socket) (int, error) { return 0, s.Close() }}, nil},
		{"negative backlog", "127.0.0.1", "0", &Server{Handler: echoLines, Backlog: -1}, ErrInvalid},
		{"no handler", "127.0.0.1", "0", &Server{}, ErrInvalid},
		{"port", "127.0.0.1", "70000", &Server{Handler: echoLines}, ErrInvalid},
		{"port taken", "127.0.0.1", portOf(taken), &Server{Handler: echoLines}, syscall.EADDRINUSE},
		{"foreign address", "8.8.8.8", "0", &Server{Handler: echoLines}, syscall.EADDRNOTAVAIL},
		{"started", "127.0.0.1", "0", taken, ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.srv.Start(context.Background(), tc.host, tc.port)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("error is %v, want %v", err, tc.want)
			}
			if tc.srv != taken {
				wantIs(t, tc.srv.Close(), net.ErrClosed)
				if err := tc.srv.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestC133APanicEndsItsConnectionOnly(t *testing.T) {
	var log syncBuffer
	srv := serve(t, &Server{Name: "test", Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Handler: func(_ context.Context, s *Socket, _ Addr) {
			send(t, s, "part")
			panic("on purpose")
		}})
	for range 2 {
		wantBytes(t, "part", io.ErrUnexpectedEOF)(connect(t, srv).ReadN(10, soon))
	}
	until(t, "the panics are logged", func() bool { return strings.Count(log.String(), "on purpose") >= 2 })
	if text := log.String(); strings.Count(text, "level=ERROR") != 2 || !strings.Contains(text, "server=test/127.0.0.1:") {
		t.Errorf("the log is %s", text)
	}
}

func TestAHandlerMayCloseItself(t *testing.T) {
	var log syncBuffer
	srv := serve(t, &Server{Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Handler: func(_ context.Context, s *Socket, _ Addr) {
			send(t, s, "bye")
			_ = s.Close()
		}})
	wantBytes(t, "bye", io.ErrUnexpectedEOF)(connect(t, srv).ReadN(10, soon))
	if log.String() != "" {
		t.Errorf("the log is %s", log.String())
	}
}

func TestC136HandlersRunAtTheSameTime(t *testing.T) {
	const clients = 50
	var all sync.WaitGroup
	all.Add(clients)
	srv := serve(t, &Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
		all.Done()
		all.Wait() // none returns before all have begun
		send(t, s, "x")
	}})
	for range clients {
		c := connect(t, srv)
		defer func() { wantBytes(t, "x", nil)(c.ReadN(1, soon)) }()
	}
}

func TestC138LinesBeforeTheEnd(t *testing.T) {
	done := make(chan struct{})
	srv := serve(t, &Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
		defer close(done)
		wantBytes(t, "A\n", nil)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "B", io.ErrUnexpectedEOF)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "\n"))
	}})
	c := connect(t, srv)
	send(t, c, "A\nB")
	_ = c.Close()
	<-done
}

func TestC140WhatAHandlerWroteArrives(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
	const request = "a request that the handler does not read\n"
	srv := serve(t, &Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
		arrived(t, s, len(request))
		if n, err := s.Write(data); n != len(data) || err != nil {
			t.Errorf("Write: %d, %v", n, err)
		}
	}})
	for range 5 {
		c := connect(t, srv)
		send(t, c, request)
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("got %d bytes of %d, %v", len(got), len(data), err)
		}
	}
}

func TestC141C142UnixPaths(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	leaveStale(t, path)
	for range 10 {
		srv := &Server{Handler: echoLines}
		if err := srv.Start(context.Background(), unixHost, path); err != nil {
			t.Fatal(err)
		}
		wantIs(t, (&Server{Handler: echoLines}).Start(context.Background(), unixHost, path), syscall.EADDRINUSE)
		c, err := Connect(unixHost, path, soon)
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, "x\n")
		wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
		_ = c.Close()
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the path is left: %v", err)
		}
	}
}

func TestAFileIsNoStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantIs(t, (&Server{Handler: echoLines}).Start(context.Background(), unixHost, path), syscall.EADDRINUSE)
	if got, err := os.ReadFile(path); string(got) != "data" {
		t.Errorf("the file is %q, %v", got, err)
	}
}

// syncBuffer is a log that a test reads while others write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
