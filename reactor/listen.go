package reactor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// ListenConfig configures a listener. The zero value works.
type ListenConfig struct {
	// Backlog is how many established connections may wait to be accepted.
	// 0 means the system's limit.
	Backlog int

	// MaxConns is how many connections of the listener may be open at once.
	// At the limit accepting pauses: further connections wait in the kernel's
	// queue, Backlog of them, and beyond that their connect waits or fails as
	// the system has it. It goes on when a connection has ended; see
	// Listener.Release for those of ListenFunc. Stats.Limited counts the
	// pauses. 0 means no limit.
	MaxConns int

	// Placement is how the loop of each connection is chosen.
	Placement Placement

	// ReusePort gives every loop a listening socket of its own, among which
	// the kernel spreads the connections; each stays on the loop that has
	// accepted it, whatever Placement says. Where the kernel does not spread
	// (outside Linux) there is one listening socket all the same, with
	// SO_REUSEPORT set. It does not work for unix sockets. False: one loop
	// accepts and hands the connections to the others.
	ReusePort bool

	// Prepare is called with each socket before it is bound, to set its
	// options. A positive backlog replaces Backlog; an error ends Listen. Nil
	// does nothing. SO_REUSEADDR has been set by then.
	Prepare func(fd int) (backlog int, err error)
}

func (c *ListenConfig) check(network string) error {
	switch {
	case c.Backlog < 0:
		return fmt.Errorf("reactor: ListenConfig.Backlog is %d, want 0 or more", c.Backlog)
	case c.MaxConns < 0:
		return fmt.Errorf("reactor: ListenConfig.MaxConns is %d, want 0 or more", c.MaxConns)
	case c.ReusePort && (network == "unix" || network == "unixpacket"):
		return fmt.Errorf("reactor: ListenConfig.ReusePort with a unix socket: %w", errors.ErrUnsupported)
	}
	return c.Placement.check("ListenConfig.Placement")
}

// Listen listens on address, as net.Listen does for the networks "tcp",
// "tcp4", "tcp6" and "unix", and makes an event-driven Conn of every
// connection. handler is called for each of them, on its loop, before
// anything is read; nil from it turns the connection away.
//
// On Linux the name of a unix socket that begins with @ is an abstract one. A
// path where a unix socket was left behind that nobody listens on is used
// again; with anything else in its place Listen fails with syscall.EADDRINUSE.
// Safe to call from any goroutine.
func (r *Reactor) Listen(network, address string, cfg ListenConfig, handler func(c *Conn) Handler) (*Listener, error) {
	if network == "unixpacket" {
		return nil, &net.OpError{Op: "listen", Net: network, Err: errRecords}
	}
	return r.listen(network, address, &cfg, toConns(handler))
}

// errRecords is what Listen and Dial say to unixpacket: a Conn's output is a
// stream, in which records would run into each other.
var errRecords = fmt.Errorf("reactor: a Conn does not keep the boundaries of records, ListenFunc and Connect do: %w",
	errors.ErrUnsupported)

// ListenFunc is Listen for those who make something else of a connection, and
// for the network "unixpacket" (SOCK_SEQPACKET), whose records keep their
// boundaries when each is one read and one write of the descriptor.
//
// accept owns fd, which is non-blocking and close-on-exec. l is the loop that
// ListenConfig has placed the connection on. accept is called on the loop that
// accepts, which may be another one; it must not block. Safe to call from any
// goroutine.
func (r *Reactor) ListenFunc(network, address string, cfg ListenConfig, accept func(l *Loop, fd int, remote net.Addr)) (*Listener, error) {
	return r.listen(network, address, &cfg, toFunc(accept))
}

// ListenFile is Listen on a socket that listens already, such as one that was
// inherited: under systemd the first is os.NewFile(3, "socket"). The listener
// works on a duplicate of f's descriptor, so that f stays the caller's, to
// close at any time; both are made non-blocking. The address is free again
// when both are closed, and the path of a unix socket is left where it is. Of
// cfg, Backlog, ReusePort and Prepare must be zero. Safe to call from any
// goroutine.
func (r *Reactor) ListenFile(f *os.File, cfg ListenConfig, handler func(c *Conn) Handler) (*Listener, error) {
	ln, err := r.listenFile(f, &cfg, toConns(handler))
	if err == nil && ln.network == "unixpacket" {
		_ = ln.Close()
		return nil, listenError(ln.network, ln.addr, errRecords)
	}
	return ln, err
}

// ListenFileFunc is ListenFile as ListenFunc is Listen. Safe to call from any
// goroutine.
func (r *Reactor) ListenFileFunc(f *os.File, cfg ListenConfig, accept func(l *Loop, fd int, remote net.Addr)) (*Listener, error) {
	return r.listenFile(f, &cfg, toFunc(accept))
}

// acceptor makes something of a connection that ln has accepted and placed on l.
type acceptor func(ln *Listener, l *Loop, fd int, remote net.Addr)

func toFunc(f func(l *Loop, fd int, remote net.Addr)) acceptor {
	return func(_ *Listener, l *Loop, fd int, remote net.Addr) { f(l, fd, remote) }
}

func toConns(handler func(c *Conn) Handler) acceptor {
	return func(ln *Listener, l *Loop, fd int, remote net.Addr) {
		if _, tcp := remote.(*net.TCPAddr); tcp {
			sysNoDelay(fd)
		}
		c := l.newConn(fd, remote, nil)
		c.from = ln
		if l.send(&arrival{c, handler}) != nil {
			c.turnAway()
		}
	}
}

func listenError(network string, addr net.Addr, err error) error {
	return &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
}

func (r *Reactor) listen(network, address string, cfg *ListenConfig, accept acceptor) (*Listener, error) {
	ln := &Listener{r: r, network: network, accept: accept, placement: cfg.Placement}
	ln.quota.max = int64(cfg.MaxConns)
	err := cfg.check(network)
	if err == nil {
		err = ln.bind(address, cfg)
	}
	if err != nil {
		return nil, listenError(network, ln.addr, err)
	}
	return ln.start()
}

// bind makes the listening sockets: all of them on the first address that
// takes one.
func (ln *Listener) bind(address string, cfg *ListenConfig) error {
	addrs, err := resolve(context.Background(), net.DefaultResolver, ln.network, address, true)
	if err != nil {
		return err
	}
	var errs []error
	for _, addr := range addrs {
		fd, err := sysListen(ln.network, addr, cfg)
		if err == nil {
			ln.path = madePath(addr)
			ln.add(fd, ln.r.Next())
			break
		}
		errs = append(errs, err)
	}
	if len(ln.ports) == 0 {
		return onlyOrJoined(errs)
	}
	ln.spread = cfg.ReusePort && kernelSpreads
	for ln.spread && len(ln.ports) < len(ln.r.loops) {
		fd, err := sysListen(ln.network, ln.addr, cfg)
		if err != nil {
			ln.abandon()
			return err
		}
		ln.add(fd, ln.r.Next())
	}
	return nil
}

func (r *Reactor) listenFile(f *os.File, cfg *ListenConfig, accept acceptor) (*Listener, error) {
	ln := &Listener{r: r, network: "file", accept: accept, placement: cfg.Placement}
	ln.quota.max = int64(cfg.MaxConns)
	err := cfg.check("file")
	if err == nil && (cfg.Backlog != 0 || cfg.ReusePort || cfg.Prepare != nil) {
		err = fmt.Errorf("reactor: Backlog, ReusePort or Prepare for a socket that listens already: %w", syscall.EINVAL)
	}
	fd := -1
	if err == nil {
		fd, ln.network, err = inherit(f)
	}
	if err != nil {
		return nil, listenError(ln.network, nil, err)
	}
	ln.add(fd, r.Next())
	return ln.start()
}

// inherit duplicates the descriptor of a listening socket and tells its network.
func inherit(f *os.File) (fd int, network string, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, "file", err
	}
	if raw.Control(func(old uintptr) { fd, network, err = sysInherit(int(old)) }) != nil {
		return -1, "file", os.ErrClosed
	}
	return fd, network, err
}
