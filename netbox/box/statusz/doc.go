// Package statusz is a page that shows what a box server does, while it does
// it: charts of requests and their types, pushes, sessions, back-pressure, bytes,
// failures and the turns of the loops.
//
//	srv, err := box.New(box.Config{})
//	page := statusz.Handler(srv, statusz.Options{})
//	ops := http.NewServeMux()
//	ops.Handle("/statusz", page)
//	err = http.ListenAndServe("127.0.0.1:8081", ops)
//
// # The level it works at
//
// One handler answers three requests, wherever it is mounted:
//
//	/statusz                the page: one HTML document that loads nothing else
//	/statusz?format=events  its server-sent events, a Snapshot each second
//	/statusz?format=json    one Snapshot
//
// The charts are what Server.Stats and Reactor.Stats return, and rates are
// differences of two of them. There is no history but the last two minutes that
// the browser keeps.
//
// # What it costs
//
// Nothing while nobody looks. As soon as there is a viewer one goroutine, shared
// by all of them, takes and encodes a Snapshot in each interval; it ends with the
// last viewer. A page in a background tab does not look. The number of viewers
// is bounded, and one that does not read its events is dropped; the browser
// comes back by itself.
//
// # Who may see it
//
// There is no login: whoever reaches the handler sees it. Mount it where only
// operators do, such as a port of its own on the loopback interface, or behind
// a handler that asks for credentials. It shows figures alone, neither requests
// nor names of users, and changes nothing; its headers forbid browsers to load
// anything else into the page, to frame it and to keep it.
//
// # What it does not do
//
// It stores nothing and alerts nobody: package netbox/prometheus hands the same
// figures to a system that does.
package statusz
