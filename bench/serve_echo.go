package main

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// echoService is the kind echo: an event-driven server that sends back what it
// gets.
type echoService struct {
	r  *reactor.Reactor
	ln *reactor.Listener
}

func serveEcho(r *reactor.Reactor, cfg *config) (service, error) {
	ln, err := r.Listen("tcp", cfg.listen, reactor.ListenConfig{}, func(*reactor.Conn) reactor.Handler { return echoHandler{} })
	if err != nil {
		return nil, err
	}
	return &echoService{r, ln}, nil
}

func (s *echoService) address() string { return s.ln.Addr().String() }

func (s *echoService) mode() string { return "inline" }

func (s *echoService) shutdown(ctx context.Context) error { return s.r.Shutdown(ctx) }

// echoLimit is how much output may wait for a client that does not read, in
// bytes, before its input waits as well.
const echoLimit = 1 << 20

type echoHandler struct{}

func (echoHandler) OnData(c *reactor.Conn, p []byte) (n int) {
	if c.WriteNow(p) == nil && c.Queued() > echoLimit {
		c.PauseRead()
	}
	return len(p)
}

// OnDrain reads on when the client has caught up.
func (echoHandler) OnDrain(c *reactor.Conn) { c.ResumeRead() }

func (echoHandler) OnClose(*reactor.Conn, error) {}
