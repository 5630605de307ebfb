package sockets

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// ListenConfig says how to listen. The zero value works.
type ListenConfig struct {
	// Prepare is called with the socket that will listen, before it is bound,
	// to set its options. SO_REUSEADDR is set by then. A positive backlog
	// replaces Backlog; an error ends Listen. Nil does nothing.
	Prepare func(*Socket) (backlog int, err error)

	// Backlog is how many established connections may wait to be accepted. 0
	// means DefaultBacklog.
	Backlog int

	// ReusePort lets several listeners share the address; the system spreads
	// the connections among them.
	ReusePort bool

	// KeepPath leaves the path of a unix socket when the listener is closed.
	KeepPath bool

	// Reactor is where the sockets live. Nil means reactor.Default.
	Reactor *reactor.Reactor

	spread bool // listeners of one server: each on the next loop
}

// Listen listens on port of host. An empty host, or "*", is every address of
// this machine, of both families; with port "0" the system chooses one, see
// Addr. Of the addresses of a name the first one counts. With host "unix/" the
// port is the path of a unix socket: one that a listener has left behind is
// replaced, and Close removes it, unless something else is there by then. Safe
// to call from any goroutine but a loop's.
func Listen(host, port string) (*Listener, error) {
	return ListenContext(background, host, port, ListenConfig{})
}

// ListenContext is Listen with options. ctx is for finding the address of a
// name; when it belongs to a fiber, so does what is accepted. Safe to call from
// any goroutine, and from fibers.
func ListenContext(ctx context.Context, host, port string, cfg ListenConfig) (*Listener, error) {
	network := "tcp"
	if host == unixHost {
		network = "unix"
	}
	ln, at, err := cfg.listen(ctx, host, port)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: at.std(), Err: err}
	}
	return ln, nil
}

func (cfg *ListenConfig) listen(ctx context.Context, host, port string) (*Listener, Addr, error) {
	r := cfg.Reactor
	if r == nil {
		var err error
		if r, err = reactor.Default(); err != nil {
			return nil, Addr{}, err
		}
	}
	addrs, err := listenAddrs(ctx, host, port)
	if err != nil {
		return nil, Addr{}, err
	}
	l := r.Next()
	if !cfg.spread {
		l = loopOf(ctx, r)
	}
	for i, a := range addrs {
		ln, err := cfg.listenOn(ctx, r, l, a)
		if err == nil {
			return ln, a, nil
		}
		if i == len(addrs)-1 || !errors.Is(err, syscall.EAFNOSUPPORT) && !errors.Is(err, syscall.EADDRNOTAVAIL) {
			return nil, a, err
		}
	}
	return nil, Addr{}, nil // not reached: there is an address or an error
}

// listenAddrs returns the addresses to try: the next one when this machine has
// not the family.
func listenAddrs(ctx context.Context, host, port string) ([]Addr, error) {
	if host == unixHost {
		a, err := numeric(host, port, kind{FamilyUnix, Stream, 0})
		return []Addr{a}, err
	}
	if host == "*" {
		host = ""
	}
	addrs, err := GetAddrInfo(ctx, host, port, &Hints{Type: Stream, Flags: AIPassive})
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if host == "" { // IPv6 serves both families
		addrs[0], addrs[1] = addrs[1], addrs[0]
	}
	return addrs, nil
}

// listenOn listens on one address.
func (cfg *ListenConfig) listenOn(ctx context.Context, r *reactor.Reactor, l *reactor.Loop, a Addr) (*Listener, error) {
	if cfg.Backlog < 0 {
		return nil, invalid("negative backlog")
	}
	s, err := newOnLoop(l, kind{a.Family, Stream, a.Protocol})
	if err != nil {
		return nil, err
	}
	ln := &Listener{s: s, r: r}
	if err := cfg.open(ln, a); err != nil {
		_ = s.Close()
		return nil, err
	}
	s.join(ctx, background)
	s.last.Store(nil)
	return ln, nil
}

func (cfg *ListenConfig) open(ln *Listener, a Addr) error {
	s := ln.s
	if err := cfg.options(s, a); err != nil {
		return err
	}
	backlog := cfg.Backlog
	if cfg.Prepare != nil {
		n, err := cfg.Prepare(s)
		switch {
		case err != nil:
			return err
		case n < 0:
			return invalid("negative backlog")
		case n > 0:
			backlog = n
		}
	}
	if err := bindTo(s, a); err != nil {
		return err
	}
	if a.Family == FamilyUnix && a.Path[0] != '@' && !cfg.KeepPath {
		ln.name = a.Path
		ln.path, _ = os.Lstat(a.Path)
	}
	if err := s.Listen(backlog); err != nil {
		ln.unlink()
		return errors.Unwrap(err)
	}
	return nil
}

func (cfg *ListenConfig) options(s *Socket, a Addr) error {
	if a.Family == FamilyUnix {
		return nil
	}
	if err := s.SetReuseAddr(true); err != nil {
		return errors.Unwrap(err)
	}
	if a.Family == FamilyInet6 {
		_ = s.SetV6Only(false) // both families on the unspecified address, whatever the system's default
	}
	if cfg.ReusePort {
		if err := s.SetReusePort(true); err != nil {
			return errors.Unwrap(err)
		}
	}
	return nil
}

// bindTo binds s, to the path of a unix socket also when one that nobody
// listens on is in its place.
func bindTo(s *Socket, a Addr) error {
	err := s.BindAddr(a)
	if a.Family == FamilyUnix && errors.Is(err, syscall.EADDRINUSE) && removeStale(a) {
		err = s.BindAddr(a)
	}
	return errors.Unwrap(err)
}

// removeStale removes the unix socket that is at a when nobody listens there,
// and nothing else: not a file, not a socket in use.
func removeStale(a Addr) bool {
	found, err := os.Lstat(a.Path)
	if err != nil || found.Mode().Type() != os.ModeSocket {
		return false
	}
	fd, err := sysSocket(kind{FamilyUnix, Stream, 0})
	if err != nil {
		return false
	}
	defer func() { _ = sysClose(fd) }()
	if sysConnect(fd, a) != syscall.ECONNREFUSED {
		return false
	}
	return removeSame(a.Path, found)
}

// removeSame removes the file at path if it is still the one that was there.
func removeSame(path string, was os.FileInfo) bool {
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(now, was) && os.Remove(path) == nil
}

func (ln *Listener) unlink() {
	if ln.path != nil {
		_ = removeSame(ln.name, ln.path)
	}
}
