package netbox_test

import (
	"context"
	"fmt"
	"log"

	"github.com/kharon-net/kharon/netbox"
)

// On the server: require('console').listen('/var/run/tarantool/admin.sock')
func ExampleConnectConsole() {
	ctx := context.Background()
	console, err := netbox.ConnectConsole(ctx, "unix/:/var/run/tarantool/admin.sock", netbox.ConsoleOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer console.Close()
	yaml, err := console.Eval(ctx, `
		local slow = {}
		for id, info in pairs(require('fiber').info()) do
			if info.csw < 2 then table.insert(slow, id) end
		end
		return box.info.status, slow
	`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(yaml)
}
