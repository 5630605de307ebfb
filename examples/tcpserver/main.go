// Command tcpserver prints every line that is sent to it: the tcp_server
// example of Tarantool's socket module, in Go.
//
//	go run ./examples/tcpserver
//	socat TCP:localhost:3302 ./tmp.txt
//
// socat carries bytes both ways: it ships the file to the server, and what a
// server answers would be appended to the file. This one answers nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// grace is how long connections may go on after a signal.
const grace = time.Second

func main() {
	addr := flag.String("addr", "0.0.0.0:3302", "where to listen, host:port")
	flag.Parse()
	if err := run(*addr); err != nil {
		fmt.Fprintln(os.Stderr, "tcpserver:", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM.
func run(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	srv := &sockets.Server{
		Handler: printLines,
		Prepare: func(*sockets.Socket) (backlog int, err error) {
			fmt.Println("Initialized")
			return 0, nil
		},
		Logger: slog.Default(),
	}
	if err := srv.Start(context.Background(), host, port); err != nil {
		return err
	}
	fmt.Println("listening on", srv.Addr())

	<-signalled.Done()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	_ = srv.Shutdown(ctx) // its error says that the grace was not enough
	return nil
}

// printLines prints what it reads up to each line feed, and what is left at
// the end.
func printLines(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
	for {
		line, err := s.ReadUntil(sockets.Forever, "\n")
		if len(line) > 0 {
			fmt.Printf("%s", line)
			if line[len(line)-1] != '\n' {
				fmt.Println()
			}
		}
		if err != nil {
			return
		}
	}
}
