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
// A [Socket] is a connection. It is a net.Conn, so that bufio, crypto/tls and
// net/http work on it, and it has the calls of Tarantool's socket module:
// reading to a delimiter or a count within a time, and nothing lost when the
// time is over. [TCPServer] and [Server] call a [Handler] for each connection;
// [Connect] makes one.
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
// not block otherwise.
//
// A Socket may be used by any number of goroutines; see there for how they
// share it.
//
// # What it does not do
//
// It does not encrypt: put crypto/tls on a Socket. It does not reconnect. It
// must not be used by callbacks of the reactor: its calls wait.
// Sockets of other kinds than connected streams, datagrams among them, are not
// there yet. It does not run on Windows, where Connect and TCPServer return an
// error that is errors.ErrUnsupported.
package sockets
