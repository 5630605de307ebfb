package netbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/kharon-net/kharon/netbox"
)

// Requests go to whichever instance will do for their role.
func ExampleConnectPool() {
	first, stopFirst := server()
	defer stopFirst()
	second, stopSecond := server()
	defer stopSecond()
	ctx := context.Background()
	pool, err := netbox.ConnectPool(ctx, []netbox.Instance{
		{Name: "first", Address: first},
		{Name: "second", Address: second},
	}, netbox.PoolOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	rw := pool.Role(netbox.RW)
	sum, err := netbox.CallAs[int](ctx, rw, "add", 40, 2)
	fmt.Println(sum, err)

	if err := pool.Remove(ctx, "first"); err != nil {
		log.Fatal(err)
	}
	sum, err = netbox.CallAs[int](ctx, rw, "add", 40, 2)
	fmt.Println(sum, err, len(pool.Instances()))
	// Output:
	// 42 <nil>
	// 42 <nil> 1
}

// What an error tells: which instances were tried, and what speaks against the others.
func ExamplePoolError() {
	ctx := context.Background()
	pool, err := netbox.ConnectPool(ctx, nil, netbox.PoolOptions{Options: netbox.Options{NoWait: true}})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	_, err = pool.Role(netbox.RW).Send(netbox.Ping()).Wait(ctx)
	var unanswered *netbox.PoolError
	if errors.As(err, &unanswered) {
		for _, i := range append(unanswered.Tried, unanswered.Unfit...) {
			fmt.Println(i.Instance, i.Err)
		}
		fmt.Println(unanswered, netbox.SafeToRetry(err))
	}
	// Output:
	// netbox: pool: RW: no instance will do true
}
