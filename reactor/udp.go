package reactor

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// ErrQueueFull is returned for a datagram that is not taken because the ones
// before it have filled UDPConfig.SendQueue.
var ErrQueueFull = errors.New("reactor: too much is waiting to be sent on the socket")

// A Datagram is one that has arrived.
type Datagram struct {
	// Data is what it carries; none is a datagram, too. The bytes are the
	// loop's: they are valid until OnDatagram returns, and must not be
	// written to.
	Data []byte

	// From is who sent it. IPv4 addresses are IPv4 addresses, on a socket of
	// both families as well; those of a link have their zone.
	From netip.AddrPort

	// Truncated tells that it was longer than UDPConfig.MaxDatagram: Data is
	// its beginning, and the rest is lost.
	Truncated bool

	path string // who sent it, on a unix socket
}

// A UDPHandler is what a UDP socket calls. All calls for one socket come from
// its loop, one at a time. A handler may also be a UDPErrorHandler.
//
// A panic in any of the calls ends the socket with a *PanicError, for all of
// its peers, and leaves the loop alone.
type UDPHandler interface {
	// OnDatagram is called with every datagram. What is sent from here leaves
	// together, when the datagrams that arrived together have been handled.
	// Called by the loop; must not block.
	OnDatagram(u *UDP, d Datagram)

	// OnClose is the last call. err tells why: nil after Close, the reason
	// given to Abort, the error of a socket that is broken, a *PanicError,
	// ErrFlushTimeout or ErrStopped. Called by the loop; must not block.
	OnClose(u *UDP, err error)
}

// A UDPErrorHandler is a UDPHandler that wants to know of datagrams that were
// lost on this side. Without it they are lost in silence, as elsewhere.
type UDPErrorHandler interface {
	// OnError is called with what the kernel said about one datagram, which
	// does no harm to the socket: a *net.OpError whose Addr is the peer, if
	// one is known, and which is, for example, syscall.EMSGSIZE, EPERM,
	// ENETUNREACH, or, on a connected socket, ECONNREFUSED: nobody listens
	// there. The last one is about a datagram sent before, and one of it may
	// stand for several. Called by the loop; must not block.
	OnError(u *UDP, err error)
}

// A UDP is an event-driven UDP socket: its loop receives many datagrams with
// one system call, hands them to the UDPHandler, and sends many with one
// system call. It has one remote end, when it is connected, or any number.
//
// Whatever the peer does not read is lost: nothing here waits for a peer. What
// waits, for the socket's own buffer, is bounded by UDPConfig.SendQueue.
type UDP struct {
	// immutable
	loop    *Loop
	fd      int
	network string
	h       UDPHandler
	local   netip.AddrPort
	remote  netip.AddrPort // the one remote end; zero: any
	v6      bool           // an IPv6 socket, perhaps of both families
	limit   int            // bytes of a datagram that are received
	gro     bool           // the kernel may couple what it receives; see inbox
	unix    *unixgram      // what it has beside as a unix socket; nil: it is one of IP
	gone    Gate           // opened when the descriptor has been given back

	zones zones // guarded by its own mutex

	// owned by the loop
	sending  *packets // what is on its way to the kernel; nil: nothing
	next     int      // the first of sending that the kernel has not
	single   int      // those of sending before it go one by one
	train    int      // bytes of a datagram that may be one of a train; 0: none
	suspect  int      // train becomes less than this when the next one goes alone; 0: no suspicion
	blocked  bool     // the kernel took no more; the writable edge will come
	again    bool     // the loop comes back to read
	closing  bool     // nothing is received, the rest leaves
	closed   bool     // OnClose was called
	reason   error    // what OnClose will be given
	patience *Timer   // how long the rest may take to leave

	mu     sync.Mutex
	queue  udpQueue
	users  int  // goroutines in a system call on fd
	ended  bool // Close or Abort was called, or the socket is ending by itself
	orphan bool // the socket has ended; the last user retires the descriptor
}

// Loop returns the loop the socket belongs to. Safe to call from any
// goroutine.
func (u *UDP) Loop() *Loop { return u.loop }

// LocalAddr returns the address of this end, with the port the system chose
// when 0 was asked for. Safe to call from any goroutine.
func (u *UDP) LocalAddr() netip.AddrPort { return u.local }

// RemoteAddr returns the address a connected socket sends to and receives
// from, and the zero AddrPort for others. Safe to call from any goroutine.
func (u *UDP) RemoteAddr() netip.AddrPort { return u.remote }

// open begins to watch the socket. Called on the loop.
func (u *UDP) open() {
	l := u.loop
	if err := l.attachReader(u.fd, u); err != nil {
		u.finish(err)
		return
	}
	if l.udp == nil {
		l.udp = &udpBoxes{in: newInbox(), out: newOutbox()}
	}
	if l.drained != nil {
		u.drain()
	}
}

// udpBoxes are what the UDP sockets of a loop receive into and send from.
type udpBoxes struct {
	in  *inbox
	out *outbox
}

// ready is called by the loop with news of the descriptor.
func (u *UDP) ready(ev Events) {
	if ev&Writable != 0 && u.blocked {
		u.unblock()
	}
	if ev&Readable != 0 {
		u.receive(ev&ended != 0)
	}
}

func (u *UDP) panicked(err *PanicError) { u.finish(err) }

func (u *UDP) drain() { u.shut(ErrStopped) }

func (u *UDP) stop() { u.finish(ErrStopped) }

// fail tells the handler what became of a datagram. A target that is zero is the
// one remote end, if there is one.
func (u *UDP) fail(op string, to target, err error) {
	if h, ok := u.h.(UDPErrorHandler); ok {
		h.OnError(u, u.opError(op, to, err))
	}
}

func (u *UDP) opError(op string, to target, err error) error {
	if u.unix != nil {
		return u.unix.opError(op, to, err)
	}
	e := &net.OpError{Op: op, Net: u.network, Source: net.UDPAddrFromAddrPort(u.local), Err: err}
	if !to.addr.IsValid() {
		to.addr = u.remote
	}
	if to.addr.IsValid() {
		e.Addr = net.UDPAddrFromAddrPort(to.addr)
	}
	return e
}
