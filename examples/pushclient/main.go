// Pushclient calls count_to(n), which the example pushserver has, and prints
// what the server pushes while the call runs, as it comes, and then the result.
//
//	go run ./examples/pushclient -addr 127.0.0.1:3301 -n 10
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/kharon-net/kharon/netbox"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:3301", "connect to this address, `host:port` or unix/:path")
	n := flag.Int("n", 10, "what to count to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := count(ctx, *addr, *n)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// count makes the call. Send does not wait; Pushes waits for each message, and
// ends with the answer.
func count(ctx context.Context, addr string, n int) error {
	conn, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	fut := conn.Send(netbox.Call("count_to", n))
	for msg, err := range fut.Pushes(ctx) {
		if err != nil {
			return err
		}
		i, err := msg.Int()
		if err != nil {
			return err
		}
		fmt.Println("pushed", i)
	}
	res, err := fut.Wait(ctx)
	if err != nil {
		return err
	}
	fmt.Println("result", res.String(0))
	return nil
}
