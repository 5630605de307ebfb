package netbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
)

// server starts a server with a few functions.
func server() (addr string, stop func() error) {
	srv, err := box.New(box.Config{})
	if err != nil {
		log.Fatal(err)
	}
	srv.Func("add", func(_ context.Context, req *box.Request) (any, error) {
		args := req.Args()
		return args.Int(0) + args.Int(1), args.Err()
	})
	srv.Func("count_to", func(_ context.Context, req *box.Request) (any, error) {
		args := req.Args()
		for i := range args.Int(0) {
			if err := req.Session().Push(i + 1); err != nil {
				return nil, err
			}
		}
		return "done", args.Err()
	})
	a, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return a.String(), srv.Close
}

func ExampleConnect() {
	addr, stop := server()
	defer stop()
	ctx := context.Background()
	conn, err := netbox.Connect(ctx, addr, netbox.Options{ReconnectAfter: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	sum, err := netbox.CallAs[int](ctx, conn, "add", 40, 2)
	fmt.Println(conn.State(), sum, err)

	_, err = conn.Call(ctx, "subtract", 40, 2)
	fmt.Println(errors.Is(err, iproto.CodeNoSuchProc), netbox.SafeToRetry(err))
	// Output:
	// active 42 <nil>
	// true false
}

func ExampleFuture_Pushes() {
	addr, stop := server()
	defer stop()
	ctx := context.Background()
	conn, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fut := conn.Send(netbox.Call("count_to", 3)) // does not wait
	for msg, err := range fut.Pushes(ctx) {
		n, _ := msg.Int()
		fmt.Println("pushed", n, err)
	}
	res, err := fut.Wait(ctx)
	fmt.Println(res.String(0), err)
	// Output:
	// pushed 1 <nil>
	// pushed 2 <nil>
	// pushed 3 <nil>
	// done <nil>
}
