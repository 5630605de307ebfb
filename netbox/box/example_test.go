package box_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
)

// A server that pushes messages to its client while a call runs, and the
// client that takes them.
func Example() {
	ctx := context.Background()
	srv, _ := box.New(box.Config{}) // the zero Config is never wrong
	defer srv.Close()
	srv.Func("count_to", func(ctx context.Context, req *box.Request) (any, error) {
		for i := range req.Args().Int(0) {
			if err := req.Session().Push(i + 1); err != nil {
				return nil, err // the client has gone
			}
		}
		return "done", nil
	})
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := netbox.Connect(ctx, addr.String(), netbox.Options{})
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

// A handler whose arguments and result are Go types.
func ExampleHandle() {
	ctx := context.Background()
	srv, err := box.New(box.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	box.Handle(srv, "sum", func(_ context.Context, in struct{ A, B int }) (int, error) { return in.A + in.B, nil })
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := netbox.Connect(ctx, addr.String(), netbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	res, err := conn.Call(ctx, "sum", 40, 2)
	fmt.Println(res.Int(0), err)
	_, err = conn.Call(ctx, "sum", 40)
	var answer *netbox.Error
	fmt.Println(errors.As(err, &answer), answer)
	// Output:
	// 42 <nil>
	// true sum takes 2 arguments, got 1 (ER_ILLEGAL_PARAMS)
}
