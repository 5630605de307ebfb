package sockets

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// soon is how long a test waits for what must happen.
const soon = 10 * time.Second

// pair returns both ends of a TCP connection, closed with the test.
func pair(t testing.TB) (client, server *Socket) {
	t.Helper()
	client, server, stop, err := connected("127.0.0.1", "0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return client, server
}

// connected makes a connection out of a server whose handler gives its socket
// away.
func connected(host, port string) (client, server *Socket, stop func(), err error) {
	got, done := make(chan *Socket), make(chan struct{})
	srv, err := TCPServer(host, port, func(_ context.Context, s *Socket, _ Addr) {
		got <- s
		<-done
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if host != unixHost {
		port = portOf(srv)
	}
	client, err = Connect(host, port, soon)
	if err != nil {
		_ = srv.Close()
		return nil, nil, nil, err
	}
	server = <-got
	return client, server, func() {
		_ = client.Close()
		close(done)
		_ = srv.Shutdown(context.Background())
	}, nil
}

func portOf(srv *Server) string {
	_, port, _ := net.SplitHostPort(srv.Addr().String())
	return port
}

func send(t testing.TB, s *Socket, text string) {
	t.Helper()
	if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("Write: %d, %v", n, err)
	}
}

// wantIs fails unless err is all of targets.
func wantIs(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("error is %v, want %v", err, target)
		}
	}
}

func wantTimeout(t testing.TB, err error) {
	t.Helper()
	wantIs(t, err, ErrTimeout, os.ErrDeadlineExceeded, syscall.ETIMEDOUT)
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("%v does not say Timeout", err)
	}
}

// wantBytes fails unless a read brought text and err.
func wantBytes(t testing.TB, text string, target error) func(got []byte, err error) {
	t.Helper()
	return func(got []byte, err error) {
		t.Helper()
		if string(got) != text {
			t.Errorf("got %q, want %q", got, text)
		}
		switch {
		case target == nil && err != nil:
			t.Errorf("error is %v, want none", err)
		case target != nil:
			wantIs(t, err, target)
		}
	}
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !f(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

// during calls f while a read of s waits and returns what the read brings.
func during(t *testing.T, s *Socket, f func()) ([]byte, error) {
	t.Helper()
	return (&caseT{t, background}).during(s, f)
}
