// Package reactor is an event loop for sockets: epoll on Linux, kqueue on the
// BSDs and macOS, on the poller of gnet.
//
// # The level it works at
//
// A [Reactor] is a number of loops. A [Loop] is one goroutine, one poller and
// everything that hangs on them; what a loop owns it touches alone, without
// locks. On a loop live
//
//   - [Conn], an event-driven connection: the loop reads into its own large
//     buffer and hands the [Handler] a slice, whole or cut into frames; output
//     collects and leaves in one writev per batch, parts of files among it;
//   - [Listener], which accepts for one loop or for all of them, up to a limit,
//     and [Dialer], which makes one connection of several addresses; both place
//     their connections on the loops ([Placement]);
//   - [UDP], an event-driven UDP socket: many datagrams are received, and sent,
//     with one system call; and [Unixgram], which is one within the machine;
//   - [Desc], a descriptor whose readiness goroutines wait for: blocking-style
//     sockets are built on it (package sockets). [Reactor.WaitFD] waits once for
//     a descriptor of any kind;
//   - [Timer], a function called once at a given time;
//   - [Fiber], blocking-style code that yields to the loop where it would wait.
//     It travels in its context: Sleep, Yield, Await, [Gate], [Cond], [Queue]
//     and everything built on [Waiter] yields in a fiber and parks a goroutine.
//
// The package knows no protocol: codecs are handlers.
//
// # Threads
//
// There is one door into a loop from other goroutines, [Loop.Post], and the
// output of a Conn or a UDP, which anybody may add to. All wake the loop at most once
// until it has looked, however much is left for it. Every exported method says
// who may call it, always in the same words:
//
//	Safe to call from any goroutine.
//	Must be called on the loop.
//	Called by the loop; must not block.
//
// With the build tag kharon_debug a call that breaks the rule panics where it
// is made.
//
// # What it guarantees
//
//   - An event for a closed descriptor never reaches the next one with the same
//     number. (On kqueue one may, as a hint that is followed in vain.)
//   - What was accepted for writing before Close leaves before the connection
//     closes, or OnClose tells why not.
//   - OnClose is called exactly once, and is the last call.
//   - A panic in a handler ends that connection, or that UDP socket, not the
//     loop; and so does runtime.Goexit.
//   - Fibers that are never done do not keep the loop from its sockets.
//   - A peer can not make a handler hold more than it asks for: what is left
//     unconsumed is bounded.
//   - What happens to a datagram does no harm to its socket.
//   - Running out of descriptors delays a listener and does not stop it.
//   - Of a unix socket's path, only the socket that was made there is removed.
//   - What was posted runs, in order, or Post returned an error.
//
// # What it does not do
//
// It runs handlers and fibers nowhere but on the loop: one that blocks stalls
// its loop, and Await is for that. For tests, [Manual] runs a loop by hand. It
// does not encrypt. It does not run on
// Windows, where New returns an error that is errors.ErrUnsupported.
package reactor
