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
// # What it does not do
//
// There is no Lua and there are no spaces: EVAL is an error unless Eval sets a
// handler, and the schema is empty. Sessions are the user guest. Streams,
// transactions and watchers are not offered.
package box
