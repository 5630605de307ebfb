package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A service is a running server of some kind.
type service interface {
	address() string
	mode() string // where its handlers run: inline, on the loop, or on goroutines
	shutdown(ctx context.Context) error
}

// services start a server of each kind on a reactor.
var services = map[kind]func(r *reactor.Reactor, cfg *config) (service, error){
	kindBox:  serveBox,
	kindEcho: serveEcho,
	kindLine: serveLine,
	kindUDP:  serveUDP,
}

// grace is how long a server that was asked to end waits for its clients.
const grace = 2 * time.Second

// serve is the program with -serve: it tells the address on stdout, in a line
// for programs to read, and serves until ctx is done:
//
//	listening on 127.0.0.1:45123 (box, inline)
func serve(ctx context.Context, cfg *config, std streams) (err error) {
	stopProfile, err := profile(cfg.cpuProf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	r, err := reactor.New(reactor.Config{Loops: cfg.loops})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	s, err := services[kind(cfg.serve)](r, cfg)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(std.out, "listening on %s (%s, %s)\n", s.address(), cfg.serve, s.mode()); err != nil {
		return err
	}
	if cfg.control {
		ctx = obey(ctx, std)
	}
	<-ctx.Done()
	ended, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	_ = s.shutdown(ended) // clients that stay longer are cut off
	return nil
}
