package netbox_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/kharon-net/kharon/netbox"
)

// Four sockets behind the methods of one connection.
func ExampleConnectGroup() {
	addr, stop := server()
	defer stop()
	ctx := context.Background()
	group, err := netbox.ConnectGroup(ctx, addr, 4, netbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer group.Close()
	var wg sync.WaitGroup
	sums := make([]int, 100)
	for i := range sums {
		wg.Go(func() {
			var err error
			if sums[i], err = netbox.CallAs[int](ctx, group, "add", i, i); err != nil {
				log.Fatal(err)
			}
		})
	}
	wg.Wait()
	fmt.Println(sums[21], group.States(), group.Metrics().InFlight)
	// Output:
	// 42 [active active active active] 0
}
