// Package netbox is a client for Tarantool's binary protocol, after the module
// net.box: calls, evals and pushes, pipelined on one connection.
//
//	conn, err := netbox.Connect(ctx, "localhost:3301", netbox.Options{})
//	res, err := conn.Call(ctx, "echo", 1, "two")     // waits
//	fut := conn.Send(netbox.Call("slow", 42))        // does not wait
//	for msg, err := range fut.Pushes(ctx) { … }      // what is pushed meanwhile
//	res, err = fut.Wait(ctx)
//
// # The level it works at
//
// A Conn is a connection of package reactor with the codec of package iproto.
// Requests from any number of goroutines share it. What the goroutines that
// are ready at one time have to send leaves in one write; what the server
// sends is taken apart on the loop, matched by sync number, and decoded by
// whoever waits for it. There is no goroutine per request, with or without a
// context, and no goroutine per connection.
//
// In a fiber of package reactor every call that waits yields to the loop, and
// one whose connection was made in the fiber's loop goes on without a switch of
// threads.
//
// # What a broken connection means
//
// Requests in flight are not sent again: they fail with a *ConnError that tells
// whether they had left. SafeToRetry answers the question callers have.
//
// # What it does not do yet
//
// It connects as guest, once, and knows neither spaces nor streams nor
// watchers.
package netbox
