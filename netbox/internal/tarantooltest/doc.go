// Package tarantooltest runs a real Tarantool for tests: [Start] as a server to connect to, [RunScript] as a client, by
// way of its net.box, of a server under test. Without a tarantool in PATH both skip the test loudly, or fail it when
// KHARON_REQUIRE_PEERS is set. [StartReplicas] runs several that replicate from each other.
//
//	srv := tarantooltest.Start(t, tarantooltest.Options{})
//	conn, err := netbox.Connect(ctx, srv.Addr, netbox.Options{})
//
// Every server lives in a directory of its own, listens on a port of its own and is gone when the test is over, also
// when the test process dies. What it offers is in server.lua: the functions echo, nop, push_n, sleep and fail, a guest
// who may call everything, and a user alice whose password is secret.
package tarantooltest
