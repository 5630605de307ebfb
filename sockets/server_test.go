package sockets

import (
	"bytes"
	"context"
	"fmt"
	"sync"
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
