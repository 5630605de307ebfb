// Package box is a push server for Tarantool's binary protocol: a Go program
// that net.box and every other client of Tarantool can call, and that answers
// them, pushes messages to them while a call runs, and does so faster than
// Tarantool's own network layer.
//
//	srv, err := box.New(box.Config{})
//	srv.Func("count_to", func(ctx context.Context, req *box.Request) (any, error) {
//		for i := range req.Args().Int(0) {
//			if err := req.Session().Push(i); err != nil {
//				return nil, err
//			}
//		}
//		return "done", nil
//	})
//	err = srv.ListenAndServe(ctx, "127.0.0.1:3301")
//
// # The level it works at
//
// A session is a connection of package reactor with the codec of package
// iproto. It belongs to one loop, which reads, takes the packets apart, and
// writes. Handlers run where their Mode says: on goroutines of a pool, which
// is the default, as fibers on the loop, or inline on it.
//
// # How output reaches the wire
//
// Whoever produces output never waits for the wire and never wakes it twice.
// Answers and pushes are appended to the session's output from wherever a
// handler runs. Then the ferryman is sent: the loop, which carries everything
// that has collected in one write. If he is on his way already, he is not sent
// again.
//
// Pushes of a request arrive in order and before its answer. Who has many at
// hand gives them to PushAll, which takes the locks once for all that fit into
// 32 KiB. When a client does not read, at most Config.OutputBudget bytes wait
// for it, and SlowReader says what becomes of further pushes.
//
// # Addresses and encryption
//
// A server listens on as many addresses as are wanted, TCP and unix sockets,
// each with options of its own; ListenFile takes a socket that exists. TLS is
// one of the options:
//
//	cert, err := tls.LoadX509KeyPair("server.crt", "server.key")
//	addr, err := srv.ListenWith(box.ListenOptions{
//		TLS: &tls.Config{Certificates: []tls.Certificate{cert}},
//	}, ":3302")
//
// The handshake of a client takes a goroutine; its session does not.
//
// # Watchers
//
// Broadcast gives a key a value and tells the sessions that watch it. The event
// is encoded once, each loop is woken once, and sends it to those of its
// sessions that have acknowledged the event before; others get the newest value
// when they do.
//
//	srv.Broadcast("config", map[string]any{"version": 2})
//
// # Who may do what
//
// A session is the user guest, who may do everything, until AUTH makes another
// user of it. SetUser adds users, with passwords and rights, and restricts the
// guest. Wrong credentials are answered late, and logged.
//
// # Spaces and transactions
//
// SetSpaces shows what Go code has as spaces that clients select from and
// change; Transactions makes transactions of streams, and SQL runs statements.
// Each is an interface, so that the tuples can be anywhere. Clients can take a
// space page by page; its handler may begin behind Query.After, or know nothing
// of pages.
//
// Tuples of a space with a Format, and each box.Tuple that a Func returns, have
// the names of their fields with them for clients that have announced that they
// can take it, which net.box does; for others they are arrays.
//
// # What happens to too much of it
//
// Nothing is rejected: the input of a connection is not read any more while
// too many of its requests are under way (Config.MaxInFlight), too many of all
// connections (MaxRequests), too many bytes of them (Readahead), or its output
// is not taken (OutputBudget). Only clients beyond MaxConns are turned away.
//
// # How a server ends
//
// Shutdown tells those who watch box.shutdown, as net.box does, and waits until
// they have gone and the requests of the others are answered. Requests that
// come meanwhile are served.
//
// # What it does not do
//
// There is no Lua: EVAL is an error unless Eval sets a handler. There is no
// replication. Tuples in arguments are arrays for handlers, without the names of
// their fields. A handler that ends its goroutine with runtime.Goexit is answered
// as an error in the mode Goroutine; in the others it takes its loop, or its
// fiber, with it.
package box
