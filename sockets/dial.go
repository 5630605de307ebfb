package sockets

import (
	"context"
	"errors"
	"net"
	"strconv"
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
	// set its options; an error ends that attempt. It is given a Socket of its
	// own for it, which is closed when Control returns. Nil does nothing. Called
	// by the loop; must not block.
	Control func(*Socket) error

	// Resolver looks up names. Nil means net.DefaultResolver.
	Resolver *net.Resolver

	// Reactor is where the sockets live. Nil means reactor.Default.
	Reactor *reactor.Reactor
}

const (
	fallbackDelay = 300 * time.Millisecond
	keepAlive     = 15 * time.Second
	probes        = 9
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
	s, err := d.connect(ctx, host, port)
	if err != nil {
		return nil, err
	}
	s.join(owner, background)
	return s, nil
}

// connect is Connect for a socket that is nobody's yet.
func (d *Dialer) connect(ctx context.Context, host, port string) (*Socket, error) {
	network, address, err := d.target(ctx, host, port)
	r := d.Reactor
	if err == nil && r == nil {
		r, err = reactor.Default()
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: failureOf(ctx, err)}
	}
	race := reactor.Dialer{Reactor: r, Resolver: d.Resolver, FallbackDelay: d.FallbackDelay,
		Prepare: func(fd int) error { return d.prepare(r, fd, network) }}
	if race.FallbackDelay == 0 {
		race.FallbackDelay = fallbackDelay
	}
	desc, remote, err := race.Connect(ctx, network, address)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			op.Err = failureOf(ctx, op.Err)
		}
		return nil, err
	}
	peer := addrOf(remote)
	s := socketOf(desc, kind{peer.Family, peer.Type, peer.Protocol})
	if peer.IP.IsUnspecified() {
		peer, _ = sysPeer(s.fd)
	}
	s.named(peer)
	return s, nil
}

// target returns what to connect to as package reactor has it.
func (d *Dialer) target(ctx context.Context, host, port string) (network, address string, err error) {
	if host == unixHost {
		return "unix", port, checkPath(port)
	}
	switch d.Family {
	case 0:
		network = "tcp"
	case FamilyInet:
		network = "tcp4"
	case FamilyInet6:
		network = "tcp6"
	default:
		return "tcp", "", invalid("no addresses of family " + d.Family.String())
	}
	q := query{host: host, Hints: Hints{Family: d.Family}}
	if ip := q.literal(); ip.IsValid() {
		host = ip.String() // of "0" too
	}
	var n int
	find := func() { n, err = portNumber(ctx, Stream, port) }
	if _, named := strconv.Atoi(port); named != nil {
		reactor.Await(ctx, find)
	} else {
		find()
	}
	return network, net.JoinHostPort(host, strconv.Itoa(n)), err
}

// prepare sets the options of a socket that is going to connect. Called on the
// loop.
func (d *Dialer) prepare(r *reactor.Reactor, fd int, network string) error {
	if network != "unix" {
		if err := sysNoDelay(fd, !d.Nagle); err != nil {
			return systemError("setsockopt", err)
		}
		idle := d.KeepAlive
		if idle == 0 {
			idle = keepAlive
		}
		if idle > 0 {
			if err := setKeepAlive(fd, idle, idle, probes); err != nil {
				return err
			}
		}
	}
	if d.Control == nil && d.LocalAddr.Family == 0 {
		return nil
	}
	return d.shape(r, fd)
}

// shape has the options and the address of this end set through a Socket,
// whose descriptor is a copy: fd is the attempt's.
func (d *Dialer) shape(r *reactor.Reactor, fd int) error {
	k, err := sysKind(fd)
	if err != nil {
		return systemError("getsockopt", err)
	}
	copied, err := sysDup(fd)
	if err != nil {
		return systemError("dup", err)
	}
	s, err := newSocket(r.Next(), copied, k)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
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
