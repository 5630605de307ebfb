// Bench measures Kharon: requests per second, latency, and what a request
// costs the client and the server.
//
//	go run ./bench                        # everything, under 40 seconds
//	go run ./bench -run netbox/call       # some of it
//	go run ./bench -addr localhost:3301   # against a server that is there already
//	go run ./bench -serve box             # nothing but the server
//
// The server runs in a child process, which is the same program with -serve,
// so that the processor time of either side is known. The processor time per
// request is the figure to compare, between runs on a machine that does nothing
// else: rates depend on how many processors there are, too.
//
// # What a scenario does
//
//	netbox/ping, netbox/call   a ping; a call of echo with one number, which is
//	                           checked in the answer
//	  …/sync-N                 N goroutines on one connection, each of which
//	                           waits for its answer
//	  …/async-512              one goroutine that keeps 512 requests in flight
//	push/1x1000                a call that is sent a thousand messages before
//	                           its answer; a message counts as a request, and
//	                           the latency is that of the whole call
//	sockets/line/N             N connections that send a line and wait for it,
//	                           64 bytes, to the blocking-style server
//	reactor/echo/N             the same bytes to the event-driven server
//	udp/echo/N                 N sockets that send a datagram of 64 bytes and
//	                           wait for it; one that is lost is sent again
//
// Every scenario warms up for a tenth of its time before it is measured.
package main
