// Package sockets is blocking-style networking on the reactor: code that reads
// a line, answers it and reads the next, where a call that must wait parks its
// goroutine and costs no thread.
//
//	srv, err := sockets.TCPServer("127.0.0.1", "3302",
//		func(ctx context.Context, s *sockets.Socket, from sockets.Addr) {
//			for {
//				line, err := s.ReadUntil(sockets.Forever, "\n")
//				if err != nil {
//					return // the peer has gone; s is closed for us
//				}
//				s.Write(line)
//			}
//		})
//
// # The level it works at
//
// A [Socket] is a socket, with the calls of Tarantool's socket module and of
// the system below it: reading to a delimiter or a count within a time, with
// nothing lost when the time is over; receiving and sending messages; binding,
// listening, accepting, connecting; options by their names; waiting until it is
// ready. It is a net.Conn, so that bufio, crypto/tls and net/http work on it,
// and [Socket.PacketConn] is a net.PacketConn.
//
//	to get a Socket       Connect, Dialer, Listener, Server, New, Pair, FromFD, FromConn
//	to read a stream      ReadUntil, ReadSlice, ReadN, ReadFull, ReadOpts, Lines, Peek, Discard, Read
//	to receive once       Recv, RecvInto, RecvFrom, RecvFromWait, SysRead
//	to write              Write, WriteTimeout, Writev, ReadFrom (a file, another socket)
//	to send once          Send, SendTo, SysWrite
//	to wait               Readable, Writable, Wait, WaitFor; IOWait for any descriptor
//
// All calls that read share one buffer, whichever is used: what one call has
// received and not handed out, the next one gets first.
//
// # Threads
//
// Every connection of a server has a goroutine. A call tries the system call
// first and parks only when there is nothing to do; the loop of the reactor
// that watches the descriptor wakes it. A descriptor is registered once, and
// not for each wait. A socket that waits with nothing received holds no buffer.
//
//	goroutine: ReadUntil ─ read(2) ─ EAGAIN ─ park ┄┄┄┄┄┄┄┄ read(2) ─ …
//	loop:                              epoll_wait ─ wake ┄┄┘
//
// With Server.Mode set to [Fiber] the same handler runs as a fiber of the loop
// that watches its socket: where it would park it yields, and the loop goes on
// with others and with it when there is something to do. No thread is switched,
// which is cheaper the more connections there are; in return a handler must
// not block otherwise. What a fiber makes by a call without a context (New,
// Pair, FromFD) is told so by [Socket.WithContext].
//
// A Socket may be used by any number of goroutines, and fibers, at the same
// time; see there for how they share it.
//
// # Bounds
//
// Nothing is read ahead of a call that asks for it: when nobody reads, the peer
// has to wait. What a call that looks for a delimiter may hold is bounded by
// [Socket.SetMaxLine].
//
// # What it does differently from Tarantool's module
//
//   - The end of a stream is an error, io.EOF, or io.ErrUnexpectedEOF with the
//     bytes that came before.
//   - Recv and SysRead take what is in the buffer first, and bytes in the buffer
//     make a socket readable.
//   - A write that times out tells how many bytes have gone.
//   - Bind, SysConnect and SendTo take no host names, and say so; ports out of
//     range, unknown flags and options are errors, never something else.
//   - SO_REUSEADDR is set before Prepare is called, TCP_NODELAY is on.
//   - A server goes on, without haste, when descriptors have run out; closing a
//     socket in its handler is fine; only a unix socket that nobody listens on
//     is replaced, never a file.
//   - A datagram that was cut says so, and an empty one can be sent.
//
// # What it does not do
//
// It does not encrypt: put crypto/tls on a Socket. It does not reconnect. It
// must not be used by callbacks of the reactor: its calls wait. It does not run
// on Windows, where whatever makes a socket returns an error that is
// errors.ErrUnsupported.
package sockets
