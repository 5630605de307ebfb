// Compare judges Kharon against its peers: package net, with bufio and without,
// gnet, nbio and netpoll.
//
//	go run .                          # the comparison: a table, in about five minutes
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
// client is another one, the same for all: one goroutine, one epoll, closed
// loop, messages of 64 bytes. With two processors or more the server has one of
// them for itself and the client another, GOMAXPROCS is 1 for both. The peers
// take turns (A B C A B C …), so that what else the machine does hits all of
// them, and the table has medians. The figure to compare is the server's
// processor time per message; the last columns say how it stands to package
// net's, as the median of the rounds' ratios, and what the system calls were,
// counted in a run of their own under strace, which slows the server down: it
// finds more at once when it looks.
//
// # Scenarios
//
//	echo/N               N connections, ping-pong: bytes are sent back
//	echo-pipelined/16x64 16 messages on the way on each of 64 connections
//	line/N               ping-pong with a handler that waits for a line
//	push/N               one producer goroutine in the server sends messages on
//	                     N connections in turn; each client asks for 1024 at a
//	                     time and has two such requests on their way
//	idle/5000            heap and stacks per connection that has had one answer
//	                     and waits
//
// How a server is written with a library is in the package peer, and which part
// of its documentation says so.
//
// # Traps
//
// A trap is a small program in which some library loses output, takes input
// without bound, hangs or ends the process: package trap. Each runs in a
// process of its own, and the tests hold Kharon to all of them.
package main
