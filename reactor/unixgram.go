package reactor

import (
	"net"
	"syscall"
)

// A UnixDatagram is one that has arrived on a unix socket.
type UnixDatagram struct {
	// Data is what it carries; none is a datagram, too. The bytes are the
	// loop's: they are valid until OnDatagram returns, and must not be
	// written to.
	Data []byte

	// From is the path of who sent it, "@" and a name for one in the abstract
	// namespace of Linux, and empty for one without a name, whom nobody can
	// answer.
	From string

	// Truncated tells that it was longer than UnixgramConfig.MaxDatagram: Data
	// is its beginning, and the rest is lost.
	Truncated bool
}

// A UnixgramHandler is what a Unixgram calls, as UDPHandler is for UDP. All calls
// for one socket come from its loop, one at a time.
type UnixgramHandler interface {
	// OnDatagram is called with every datagram. What is sent from here leaves
	// together, when the datagrams that arrived together have been handled.
	// Called by the loop; must not block.
	OnDatagram(g *Unixgram, d UnixDatagram)

	// OnClose is the last call. err is as in UDPHandler. The path is free by
	// then. Called by the loop; must not block.
	OnClose(g *Unixgram, err error)
}

// A UnixgramErrorHandler is a UnixgramHandler that wants to know of datagrams
// that were lost on this side.
type UnixgramErrorHandler interface {
	// OnError is called with what the kernel said about one datagram, a
	// *net.OpError whose Addr is the peer's. It is, for example,
	// syscall.ENOENT, when there is no such path, ECONNREFUSED, when nobody has
	// it open, and EAGAIN (ENOBUFS on BSDs), when the peer does not take what it
	// was sent: on a socket with many peers one who is slow delays no other.
	// Called by the loop; must not block.
	OnError(g *Unixgram, err error)
}

// A Unixgram is an event-driven datagram socket of the family unix(7): it works
// like UDP, within one machine. Its datagrams arrive, whole and in order, or the
// sender is told why not.
type Unixgram struct {
	u UDP
}

// UnixgramConfig configures a Unixgram. The zero value works.
type UnixgramConfig struct {
	// Loop is the loop the socket lives on. Nil means the one whose turn it is.
	Loop *Loop

	// Remote connects the socket to this path: it sends there and receives from
	// nobody else. When that peer takes no more, what is sent waits. Empty means
	// any number of peers.
	Remote string

	// MaxDatagram is how many bytes of a datagram are received, 1 to 65535.
	// Longer ones come truncated, and marked so. 0 means 65535.
	MaxDatagram int

	// SendQueue is how much may wait to be sent, as UDPConfig has it. 0 means 8
	// MiB. The most is 1 GiB.
	SendQueue int

	// ReceiveBuffer and SendBuffer are the sizes of the kernel's buffers, in
	// bytes, as far as the system allows. 0 means its default.
	ReceiveBuffer, SendBuffer int

	// Prepare is called with the socket before it is bound, to set its other
	// options. An error ends ListenUnixgram. Nil does nothing.
	Prepare func(fd int) error
}

// ListenUnixgram makes a datagram socket with the given path, and calls h with
// what arrives there. A path that a dead socket has left behind is taken over. It
// is removed at the end, unless somebody else has it by then. "@" begins a name in
// the abstract namespace of Linux. The empty path is for a socket without a name,
// which nobody can send to. The error is a *net.OpError. Safe to call from any
// goroutine.
func (r *Reactor) ListenUnixgram(path string, cfg UnixgramConfig, h UnixgramHandler) (*Unixgram, error) {
	g, err := r.newUnixgram(path, &cfg, h)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "unixgram", Addr: unixgramAddr(path), Err: err}
	}
	return g, nil
}

func (r *Reactor) newUnixgram(path string, cfg *UnixgramConfig, h UnixgramHandler) (*Unixgram, error) {
	c := UDPConfig{Loop: cfg.Loop, MaxDatagram: cfg.MaxDatagram, SendQueue: cfg.SendQueue,
		ReceiveBuffer: cfg.ReceiveBuffer, SendBuffer: cfg.SendBuffer, Prepare: cfg.Prepare}
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(path) > maxUnixPath || len(cfg.Remote) > maxUnixPath {
		return nil, syscall.ENAMETOOLONG
	}
	fd, err := sysUnixgram(path, cfg.Remote, &c)
	if err != nil {
		return nil, err
	}
	g := &Unixgram{}
	u := &g.u
	r.makeUDP(u, "unixgram", &c, &gramHandler{g, h})
	u.fd = fd
	u.unix = &unixgram{path: claim(path), remote: cfg.Remote}
	if err := u.loop.Post(u.open); err != nil {
		_ = sysClose(fd)
		u.unix.path.remove()
		return nil, err
	}
	return g, nil
}

// gramHandler is a UnixgramHandler as what the socket calls.
type gramHandler struct {
	g *Unixgram
	h UnixgramHandler
}

func (a *gramHandler) OnDatagram(_ *UDP, d Datagram) {
	a.h.OnDatagram(a.g, UnixDatagram{d.Data, d.path, d.Truncated})
}

func (a *gramHandler) OnError(_ *UDP, err error) {
	if h, ok := a.h.(UnixgramErrorHandler); ok {
		h.OnError(a.g, err)
	}
}

func (a *gramHandler) OnClose(_ *UDP, err error) { a.h.OnClose(a.g, err) }

// Loop returns the loop the socket belongs to. Safe to call from any goroutine.
func (g *Unixgram) Loop() *Loop { return g.u.loop }

// Path returns the path of this end, "" for a socket without a name. Safe to call
// from any goroutine.
func (g *Unixgram) Path() string { return g.u.unix.path.name }

// RemotePath returns the path a connected socket sends to, and "" for others.
// Safe to call from any goroutine.
func (g *Unixgram) RemotePath() string { return g.u.unix.remote }

// Send queues a copy of p for the socket at the path to, as UDP.Send does. On a
// connected socket to is empty, or RemotePath. Safe to call from any goroutine.
func (g *Unixgram) Send(p []byte, to string) error {
	t, err := g.u.unix.aim(p, to)
	if err != nil {
		return err
	}
	return g.u.enqueue(p, t)
}

// SendNow sends p from the calling goroutine, without a copy, as UDP.SendNow
// does. A peer that takes no more is an error where there are many, EAGAIN. Safe
// to call from any goroutine.
func (g *Unixgram) SendNow(p []byte, to string) error {
	t, err := g.u.unix.aim(p, to)
	if err != nil {
		return err
	}
	return g.u.sendNow(p, t)
}

// Queued returns how much was accepted for sending and has not been taken by the
// kernel, as UnixgramConfig.SendQueue counts it. Safe to call from any goroutine.
func (g *Unixgram) Queued() int { return g.u.Queued() }

// Close refuses further datagrams, stops receiving and closes the socket when
// what is queued has left, or after Config.FlushTimeout. It does not wait for
// that: OnClose tells. Closing twice is net.ErrClosed. Safe to call from any
// goroutine.
func (g *Unixgram) Close() error { return g.u.Close() }

// Abort closes the socket at once, dropping what is queued. OnClose gets err.
// Safe to call from any goroutine.
func (g *Unixgram) Abort(err error) { g.u.Abort(err) }

// Closed returns a channel that is closed after OnClose. Safe to call from any
// goroutine.
func (g *Unixgram) Closed() <-chan struct{} { return g.u.Closed() }
