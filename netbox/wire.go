package netbox

import "github.com/kharon-net/kharon/reactor"

// A wire carries the bytes of a link: a *reactor.Conn, or a stream over a
// net.Conn. Its calls may come from any goroutine; it calls the link on the
// loop.
type wire interface {
	Loop() *reactor.Loop
	// WriteNow takes all of p, which is the caller's again, and never blocks.
	WriteNow(p []byte) error
	// Sent is how many bytes may have left.
	Sent() uint64
	// Expect tells that fewer than n bytes are of no use. On the loop.
	Expect(n int)
	SetWatermarks(low, high int)
	// Close lets the output leave; Abort does not.
	Close() error
	Abort(err error)
}

var _ wire = (*reactor.Conn)(nil)

// peer is a link as the handler of its reactor.Conn.
type peer struct{ *link }

// OnOpen is where the link learns of its connection; the greeting comes later.
func (h peer) OnOpen(rc *reactor.Conn) { h.attach(rc) }

// OnData takes every complete packet in p to its future.
func (h peer) OnData(_ *reactor.Conn, p []byte) int { return h.received(p) }

// OnEOF ends the connection: a server that says no more will not answer, so
// that nothing has to leave either.
func (h peer) OnEOF(*reactor.Conn, []byte) { h.abort(errPeerClosed) }

// OnPressure tells that the server takes the output more slowly than it is
// produced, or has caught up.
func (h peer) OnPressure(_ *reactor.Conn, high bool) { h.press(high) }

// OnClose is the end.
func (h peer) OnClose(rc *reactor.Conn, err error) {
	h.attach(rc) // it may end before OnOpen
	h.ended(err)
}
