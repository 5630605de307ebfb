// Pushserver is a server for Tarantool's binary protocol with one function,
// count_to(n), that pushes the numbers from 1 to n while it runs, and returns
// "done".
//
//	go run ./examples/pushserver -listen 127.0.0.1:3301 -delay 100ms
//
// The example pushclient calls it, and so can Tarantool:
//
//	conn = require('net.box').connect('127.0.0.1:3301')
//	conn:call('count_to', {3}, {on_push = print})
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3301", "serve on this address, `host:port` or unix/:path")
	delay := flag.Duration("delay", 0, "wait this long before each message")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serve(ctx, *listen, *delay)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// serve serves until ctx is done, and lets the calls under way finish.
func serve(ctx context.Context, listen string, delay time.Duration) error {
	srv, err := box.New(box.Config{})
	if err != nil {
		return err
	}
	srv.Func("count_to", countTo(delay))
	addr, err := srv.Listen(listen)
	if err != nil {
		return err
	}
	fmt.Println("listening on", addr)
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return srv.Shutdown(grace)
}

// countTo makes the function. It runs on a goroutine of its own, so it may
// wait.
func countTo(delay time.Duration) box.Func {
	return func(ctx context.Context, req *box.Request) (any, error) {
		n := req.Args().Int(0)
		if err := req.Args().Err(); err != nil {
			return nil, err
		}
		for i := range n {
			select {
			case <-time.After(delay):
			case <-ctx.Done(): // the client has gone
				return nil, ctx.Err()
			}
			if err := req.Session().Push(i + 1); err != nil {
				return nil, err
			}
		}
		return "done", nil
	}
}
