// Compare judges Kharon against its peers: package net, with bufio and without,
// gnet, nbio and netpoll; Tarantool, whose protocol the push server speaks; and
// go-tarantool, FZambia/tarantool and net.box, clients of that protocol.
//
//	go run .                          # the comparison: a table, in about fifteen minutes
//	go run . -run 'echo|push/.*/gnet' # some of it
//	go run . traps                    # who falls into which trap, in Markdown
//	go run . -readme ../../README.md  # the same table, into the README
//
// It is a module of its own, so that nobody who uses Kharon downloads its
// peers. It runs on Linux.
//
// # How it measures
//
// Every server is a process of its own, this program with -serve, and the
// client is another one. With two processors or more the server has one of
// them for itself and the client another, GOMAXPROCS is 1 for both. The peers
// take turns (A B C A B C …), so that what else the machine does hits all of
// them, and the table has medians.
//
// Where servers are compared the client is the same for all: one goroutine, one
// epoll, closed loop, messages of 64 bytes or packets of IPROTO. Where clients
// are compared the server is, Tarantool or our push server. The figure to look
// at is the processor time per message of what is compared; two columns say how
// time and rate stand to those of the group's first peer, as the medians of the
// rounds' ratios. The last column has the system calls of servers, counted in a
// run of their own under strace, which slows the server down: it finds more at
// once when it looks.
//
// # Scenarios
//
//	echo/N               N connections, ping-pong: bytes are sent back
//	echo-pipelined/16x64 16 messages on the way on each of 64 connections
//	line/N               ping-pong with a handler that waits for a line
//	push/N               one producer goroutine in the server sends messages on
//	                     N connections in turn; each client asks for 1024 at a
//	                     time and has two such requests on their way
//	idle/10000           heap and stacks per connection that has had one answer
//	                     and waits
//	udp/CxD              datagrams that come back, D on the way on each of C sockets
//	box-ping/CxD         C connections with D packets on the way on each
//	box-call/CxD         the same with calls of a function that returns its argument
//	box-push/N           N connections whose calls push 1000 messages each
//	box-pushall/N        the same with all messages at once
//	box-broadcast/10000  10,000 clients that want the same news: watchers, or where there
//	                     are none calls that push. The p99 is until the last client has
//	                     them, and acknowledgements are not counted
//	client-OP/HOW-N/SRV  one connection with N requests on their way, of N goroutines
//	                     or fibers (sync), or of one that waits for the oldest (async)
//	client-rows/HOW-100000/tarantool
//	                     one caller that goes through all rows of a space: into plain structs, in
//	                     the way each library would have it, a select or a range (plain); into
//	                     structs that decode themselves, of one answer (whole), or of three
//	                     thousand at a time (paged). A message is a row, and the last column has
//	                     the peak of the client's resident memory
//
// How a server is written with a library is in the package peer, and how a client is
// in the package client, with the part of its documentation that says so.
//
// # Traps
//
// A trap is a small program in which some library loses output, takes input
// without bound, hangs or ends the process: package trap. Each runs in a
// process of its own, and the tests hold Kharon to all of them.
package main
