// Package netbox is a client for Tarantool's binary protocol, after the module
// net.box: requests of every kind, pipelined on one connection that is made
// again when it breaks.
//
//	conn, err := netbox.Connect(ctx, "user:secret@localhost:3301", netbox.Options{ReconnectAfter: time.Second})
//	defer conn.Close()
//	res, err := conn.Call(ctx, "echo", 1, "two")     // waits
//	fut := conn.Send(netbox.Call("slow", 42))        // does not wait
//	for msg, err := range fut.Pushes(ctx) { … }      // what is pushed meanwhile
//	res, err = fut.Wait(ctx)
//
//	bands := conn.Space("bands")
//	rows, err := netbox.Select[Band](ctx, bands, netbox.Key(1))
//	for band, err := range netbox.Rows[Band](ctx, bands, netbox.Key(), netbox.SelectOptions{}) { … }
//	_, err = bands.Update(ctx, netbox.Key(1), netbox.Assign("name", "Kruk"))
//
//	w, err := conn.Watch("config", func(key string, v netbox.Value) { … })
//	w, err = netbox.WatchAs(conn, "limits", func(key string, l Limits, err error) { … })
//
//	tx := conn.NewStream()
//	err = tx.Begin(ctx, netbox.TxnOptions{})
//	_, err = tx.Space("accounts").Replace(ctx, []any{1, 100})
//	err = tx.Commit(ctx)
//
// # The level it works at
//
// A Conn lasts, and has one socket after the other: a connection of package
// reactor with the codec of package iproto, or any net.Conn, such as one of
// crypto/tls. Requests from any number of goroutines share it. What the
// goroutines that are ready at one time have to send leaves in one write; what
// the server sends is taken apart on the loop, matched by sync number, and
// decoded by whoever waits for it. There is no goroutine per request, with or
// without a context. One fiber per connection, parked on the loop of its socket,
// connects, reads the schema, and connects again.
//
// In a fiber of package reactor every call that waits yields to the loop, and
// one whose connection was made in the fiber's loop goes on without a switch of
// threads.
//
// # States and what a broken connection means
//
// The states are those of net.box, see State. Requests in flight are not sent
// again when the connection breaks: they fail with a *ConnError that is
// ErrNotSent or ErrMaybeExecuted, and SafeToRetry answers the question callers
// have; Options.Retry makes some of them again. A request that waits for its
// answer and is made while there is no connection waits for that first, as long
// as its context allows, if there is going to be one. A request that does not
// wait fails at once.
//
// # More than one connection
//
// A Group is several sockets to one server, a Pool the instances of a replica
// set: both take the same requests. What needs one session, a stream or a
// prepared statement, sticks to one connection of them. A Console speaks the
// text protocol of a server's console.
//
// # Where it differs from net.box
//
//   - Triggers run on a goroutine of the connection's own, one after the other,
//     and may make requests that wait. Those on the schema run when requests are
//     sent again, not before.
//   - ConnectTimeout bounds all of the way to the first request, not dialling
//     and the greeting alone.
//   - A server without watchers or streams is refused with a *FeatureError.
//     There a request of a stream would be executed outside of any transaction.
//   - Requests of a stream whose transaction was lost with its connection fail,
//     see Stream.
//   - Fields in update operations are counted from 0.
//   - Messages are not pushed to a callback: Future.Pushes has them.
//
// # What it does not do
//
// It does not know how spaces are spread over several replica sets: sharding is
// for layers above.
package netbox
