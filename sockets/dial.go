package sockets

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A Dialer makes connections. The zero value works, and is what Connect uses.
// Its DialContext is of the form that net/http and others take.
type Dialer struct {
	// Timeout is the total time a connect may take, the resolver included. 0
	// means Forever.
	Timeout time.Duration

	// Family is the one of the addresses to use. 0 means both.
	Family Family

	// LocalAddr is the address of this end. No address: the system chooses.
	LocalAddr Addr

	// FallbackDelay is how long an address has before the next one, of the
	// other family if there is one, is tried beside it (RFC 8305). 0 means
	// 300 milliseconds; less tries them one after the other, each until it
	// fails.
	FallbackDelay time.Duration

	// KeepAlive is how long a connection may be silent before TCP probes it,
	// and the time between the probes. 0 means 15 seconds, less never.
	KeepAlive time.Duration

	// Nagle holds small writes back so that they can be joined. False: they
	// are sent at once.
	Nagle bool

	// Control is called with each socket before it is bound and connected, to
	// set its options. Nil does nothing.
	Control func(*Socket) error

	// Reactor is where the sockets live. Nil means reactor.Default.
	Reactor *reactor.Reactor
}

const (
	fallbackDelay = 300 * time.Millisecond
	keepAlive     = 15 * time.Second
	probes        = 9

	// queueDelay is the time between two attempts to get into the full queue
	// of a unix socket.
	queueDelay = 5 * time.Millisecond
)

// Dial is DialContext without the end of a context. Safe to call from any
// goroutine but a loop's.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(background, network, address)
}

// DialContext connects to an address as net.Dialer does, for the networks
// "tcp", "tcp4", "tcp6" and "unix". The connection is a *Socket. Safe to call
// from any goroutine, and from fibers.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to := *d
	host, port, err := unixHost, address, error(nil)
	switch network {
	case "unix":
	case "tcp4":
		to.Family = FamilyInet
	case "tcp6":
		to.Family = FamilyInet6
	case "tcp":
	default:
		err = net.UnknownNetworkError(network)
	}
	if err == nil && network != "unix" {
		host, port, err = net.SplitHostPort(address)
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	s, err := to.Connect(ctx, host, port)
	if err != nil {
		return nil, err // not s: a nil *Socket is a net.Conn
	}
	return s, nil
}

// Connect connects to port on host, as the function of that name does, until
// ctx is done. In a fiber the socket is the fiber's. Safe to call from any
// goroutine, and from fibers.
func (d *Dialer) Connect(ctx context.Context, host, port string) (*Socket, error) {
	owner := ctx
	if d.Timeout != 0 {
		limited, cancel := context.WithTimeout(ctx, d.Timeout)
		defer cancel()
		ctx = limited
	}
	s, at, err := d.connect(ctx, host, port)
	if err != nil {
		network := "tcp"
		if host == unixHost {
			network = "unix"
		}
		return nil, &net.OpError{Op: "dial", Net: network, Addr: at.std(), Err: err}
	}
	s.join(owner, background)
	return s, nil
}

// connect finds the addresses and returns the socket, or the address that
// failed.
func (d *Dialer) connect(ctx context.Context, host, port string) (*Socket, Addr, error) {
	if ctx.Err() != nil {
		return nil, Addr{}, interrupted(ctx)
	}
	r := d.Reactor
	if r == nil {
		var err error
		if r, err = reactor.Default(); err != nil {
			return nil, Addr{}, err
		}
	}
	l := loopOf(ctx, r)
	if host == unixHost {
		a, err := numeric(host, port, kind{FamilyUnix, Stream, 0})
		if err != nil {
			return nil, a, err
		}
		s, err := d.enqueue(ctx, l, a)
		return s, a, err
	}
	addrs, err := GetAddrInfo(ctx, host, port, &Hints{Family: d.Family, Type: Stream})
	switch {
	case err != nil:
		return nil, Addr{}, errors.Unwrap(err)
	case len(addrs) == 1:
		s, err := d.attempt(ctx, l, addrs[0])
		return s, addrs[0], err
	case d.FallbackDelay < 0:
		return d.oneByOne(ctx, l, addrs)
	}
	return d.race(ctx, l, addrs)
}

// enqueue connects to a unix socket. When its queue is full the system does
// not wait, and so it is tried again.
func (d *Dialer) enqueue(ctx context.Context, l *reactor.Loop, a Addr) (*Socket, error) {
	for {
		s, err := d.attempt(ctx, l, a)
		if !errors.Is(err, syscall.EAGAIN) {
			return s, err
		}
		if reactor.Sleep(ctx, queueDelay) != nil {
			return nil, interrupted(ctx)
		}
	}
}

func (d *Dialer) oneByOne(ctx context.Context, l *reactor.Loop, addrs []Addr) (s *Socket, at Addr, err error) {
	var errs []error
	for _, at = range addrs {
		if s, err = d.attempt(ctx, l, at); err == nil {
			return s, at, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, at, errors.Join(errs...)
}

// attempt connects to one address.
func (d *Dialer) attempt(ctx context.Context, l *reactor.Loop, a Addr) (*Socket, error) {
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	s, err := newOnLoop(l, kind{a.Family, Stream, a.Protocol})
	if err != nil {
		return nil, err
	}
	if err := d.establish(ctx, s, a); err != nil {
		_ = s.Close()
		return nil, err
	}
	if a.IP.IsUnspecified() {
		a, _ = sysPeer(s.fd)
	}
	s.named(a)
	s.last.Store(nil)
	return s, nil
}

func (d *Dialer) establish(ctx context.Context, s *Socket, a Addr) error {
	if err := d.prepare(s); err != nil {
		return err
	}
	err := sysConnect(s.fd, a)
	if err == syscall.EINPROGRESS {
		return s.connected(&limit{timeout: Forever, ctx: ctx})
	}
	return systemError("connect", err)
}

// prepare sets the options of a socket that is going to connect.
func (d *Dialer) prepare(s *Socket) error {
	if s.tcp {
		if err := sysNoDelay(s.fd, !d.Nagle); err != nil {
			return systemError("setsockopt", err)
		}
		idle := d.KeepAlive
		if idle == 0 {
			idle = keepAlive
		}
		if idle > 0 {
			if err := s.SetKeepAlive(idle, idle, probes); err != nil {
				return err
			}
		}
	}
	if d.Control != nil {
		if err := d.Control(s); err != nil {
			return err
		}
	}
	if d.LocalAddr.Family != 0 {
		return s.BindAddr(d.LocalAddr)
	}
	return nil
}
