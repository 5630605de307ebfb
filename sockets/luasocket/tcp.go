package luasocket

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// A TCP is a TCP object of LuaSocket: a master until it listens, which makes it
// a server, or is connected, which makes it a client.
type TCP struct {
	s *sockets.Socket

	*shared
}

// shared is what all handles of an object have in common.
type shared struct {
	born time.Time // immutable

	// atomics
	role           atomic.Int32
	timeout        atomic.Int64 // of each call, in nanoseconds
	tarantool      atomic.Bool
	received, sent atomic.Int64 // bytes, for Getstats
}

// The roles of an object, by their numbers.
const (
	master = iota
	server
	client
)

var roles = [...]string{"master", "server", "client"}

// backlog is LuaSocket's.
const backlog = 32

func newTCP(s *sockets.Socket, role int32) *TCP {
	c := &TCP{s, &shared{born: time.Now()}}
	c.role.Store(role)
	c.timeout.Store(int64(sockets.Forever))
	return c
}

// limit returns the time that a call may take.
func (c *TCP) limit() time.Duration { return time.Duration(c.timeout.Load()) }

// NewTCP makes a master object for IPv4: socket.tcp(). Safe to call from any
// goroutine.
func NewTCP() (*TCP, error) { return newMaster(sockets.FamilyInet) }

// NewTCP6 makes a master object for IPv6: socket.tcp6(). Safe to call from any
// goroutine.
func NewTCP6() (*TCP, error) { return newMaster(sockets.FamilyInet6) }

func newMaster(family sockets.Family) (*TCP, error) {
	s, err := sockets.New(family, sockets.Stream, sockets.ProtocolTCP)
	if err != nil {
		return nil, describe(err, false)
	}
	return newTCP(s, master), nil
}

// Connect makes a client object connected to port on host, a name, an address,
// or "unix/" with a path as the port: socket.connect(). Safe to call from any
// goroutine but a loop's.
func Connect(host, port string) (*TCP, error) {
	return ConnectContext(context.Background(), host, port)
}

// ConnectContext is Connect until ctx is done. In a fiber the object is the
// fiber's. Safe to call from any goroutine, and from fibers.
func ConnectContext(ctx context.Context, host, port string) (*TCP, error) {
	s, err := sockets.ConnectContext(ctx, host, port)
	if err != nil {
		return nil, describe(err, false)
	}
	return newTCP(s, client), nil
}

// Bind makes a server object that listens on port of host, a name, an address
// or "*": socket.bind(). A queue of 0 is LuaSocket's 32. Safe to call from any
// goroutine but a loop's.
func Bind(host, port string, queue int) (*TCP, error) {
	a, err := passive(context.Background(), host, port, 0)
	if err != nil {
		return nil, describe(err, false)
	}
	c, err := newMaster(a.Family)
	if err != nil {
		return nil, err
	}
	if err = c.s.SetReuseAddr(true); err == nil {
		if err = c.s.BindAddr(a); err == nil {
			err = c.listen(queue)
		}
	}
	if err != nil {
		_ = c.s.Close()
		return nil, describe(err, false)
	}
	return c, nil
}

// passive finds an address to bind to. Family 0 is any.
func passive(ctx context.Context, host, port string, family sockets.Family) (sockets.Addr, error) {
	if host == "*" {
		host = "0"
	}
	addrs, err := sockets.GetAddrInfo(ctx, host, port,
		&sockets.Hints{Family: family, Type: sockets.Stream, Flags: sockets.AIPassive})
	if err != nil {
		return sockets.Addr{}, err
	}
	return addrs[0], nil
}

// WithContext returns another handle of the same object, whose calls stop
// waiting when ctx is done, and yield in the fiber that ctx belongs to. Safe to
// call from any goroutine, and from fibers.
func (c *TCP) WithContext(ctx context.Context) *TCP { return &TCP{c.s.WithContext(ctx), c.shared} }

// Socket returns the socket below, for what LuaSocket has not. Safe to call from
// any goroutine.
func (c *TCP) Socket() *sockets.Socket { return c.s }

// Tarantool tells whether texts and timeouts are those of Tarantool's LuaSocket
// layer. Safe to call from any goroutine.
func (c *TCP) Tarantool(on bool) { c.tarantool.Store(on) }

// Settimeout sets the total time in seconds that each call may take from now
// on; less than 0 is no limit, and 0 is one attempt. LuaSocket's modes "b" and
// "t" are both that. Safe to call from any goroutine.
func (c *TCP) Settimeout(seconds float64) {
	switch {
	case seconds < 0 || seconds > sockets.Forever.Seconds():
		c.timeout.Store(int64(sockets.Forever))
	default:
		c.timeout.Store(int64(seconds * float64(time.Second)))
	}
}

// Gettimeout returns what Settimeout has set, -1 for no limit. Safe to call from
// any goroutine.
func (c *TCP) Gettimeout() float64 {
	if c.limit() == sockets.Forever {
		return -1
	}
	return c.limit().Seconds()
}

// Bind gives a master an address: host is a name, an address or "*". Safe to
// call from any goroutine.
func (c *TCP) Bind(host, port string) error {
	a, err := passive(context.Background(), host, port, c.s.Family())
	if err == nil {
		err = c.s.BindAddr(a)
	}
	return c.fail(err)
}

// Listen makes a master a server. A queue of 0 is LuaSocket's 32. Safe to call
// from any goroutine.
func (c *TCP) Listen(queue int) error { return c.fail(c.listen(queue)) }

func (c *TCP) listen(queue int) error {
	if queue <= 0 {
		queue = backlog
	}
	err := c.s.Listen(queue)
	if err == nil {
		c.role.Store(server)
	}
	return err
}

// Accept waits for a connection and returns it as a client, which has no
// timeout. Safe to call from any goroutine.
func (c *TCP) Accept() (*TCP, error) {
	s, _, err := c.s.AcceptWait(c.limit())
	if err != nil {
		return nil, c.fail(err)
	}
	accepted := newTCP(s, client)
	accepted.tarantool.Store(c.tarantool.Load())
	return accepted, nil
}

// Connect connects a master to port on host, a name or an address of its
// family, and makes it a client. Of several addresses each is tried in turn.
// Safe to call from any goroutine, and from fibers.
func (c *TCP) Connect(ctx context.Context, host, port string) error {
	addrs, err := sockets.GetAddrInfo(ctx, host, port, &sockets.Hints{Family: c.s.Family(), Type: sockets.Stream})
	if err != nil {
		return c.fail(err)
	}
	limit := c.limit()
	end := time.Now().Add(limit)
	for _, a := range addrs {
		left := limit
		if limit != sockets.Forever {
			left = time.Until(end)
		}
		_ = c.s.SysConnect(a.Host(), a.Service()) // FinishConnect tells
		if err = c.s.FinishConnect(left); err == nil {
			c.role.Store(client)
			return nil
		}
	}
	return c.fail(err)
}

// Shutdown ends "send", "receive" or "both". Another word is
// sockets.ErrInvalid. Safe to call from any goroutine.
func (c *TCP) Shutdown(how string) error {
	ends := map[string]sockets.How{"send": sockets.ShutWrite, "receive": sockets.ShutRead, "both": sockets.ShutBoth}
	end, ok := ends[how]
	if !ok {
		return fmt.Errorf("luasocket: invalid shutdown method %q: %w", how, sockets.ErrInvalid)
	}
	return c.fail(c.s.Shutdown(end))
}

// Close closes the object; again it does nothing. Every other call fails with
// "closed" then. Safe to call from any goroutine.
func (c *TCP) Close() { _ = c.s.Close() }

// Getsockname returns the address of this end: host, port and "inet", "inet6"
// or "unix". Safe to call from any goroutine.
func (c *TCP) Getsockname() (host, port, family string, err error) {
	return c.address(c.s.Name())
}

// Getpeername is Getsockname of the other end. Safe to call from any goroutine.
func (c *TCP) Getpeername() (host, port, family string, err error) {
	return c.address(c.s.Peer())
}

func (c *TCP) address(a sockets.Addr, err error) (host, port, family string, _ error) {
	if err != nil {
		return "", "", "", c.fail(err)
	}
	names := map[sockets.Family]string{sockets.FamilyInet: "inet", sockets.FamilyInet6: "inet6",
		sockets.FamilyUnix: "unix"}
	return a.Host(), a.Service(), names[a.Family], nil
}

// Getfd returns the number of the descriptor, -1 after Close. Safe to call from
// any goroutine.
func (c *TCP) Getfd() int { return c.s.FD() }

// Dirty reports whether there is something to receive in the object itself,
// which a wait for its descriptor would not see. Safe to call from any
// goroutine.
func (c *TCP) Dirty() bool { return c.s.Buffered() > 0 }

// String returns "tcp{client}: fd=7". Safe to call from any goroutine.
func (c *TCP) String() string {
	return "tcp{" + roles[c.role.Load()] + "}: fd=" + strconv.Itoa(c.s.FD())
}
