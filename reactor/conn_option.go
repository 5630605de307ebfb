package reactor

import (
	"net"
	"time"
)

// This file is about the options of the socket, as net.TCPConn has them. They
// are refused with net.ErrClosed once the connection has ended or was aborted:
// they never reach the next descriptor of the same number.

// What net.KeepAliveConfig says about its zero values.
const (
	defaultKeepAliveTime  = 15 * time.Second
	defaultKeepAliveCount = 9
)

// SetNoDelay tells whether small writes are sent at once, which is the default
// of every TCP connection here, or held back to be joined; see TCP_NODELAY in
// tcp(7). The error is an *net.OpError. Safe to call from any goroutine.
func (c *Conn) SetNoDelay(on bool) error {
	return c.set(func(fd int) error { return sysSetNoDelay(fd, on) })
}

// SetLinger tells what becomes of what the kernel still has when the descriptor
// is closed, after Close has flushed or Abort dropped what was queued here; see
// SO_LINGER in socket(7). Negative, the default: it is delivered in the
// background. 0: it is dropped and the peer gets a reset. Positive: the close
// waits for so many seconds, on a goroutine and not on the loop, and the
// reactor's Close and Shutdown wait for that. The error is an *net.OpError.
// Safe to call from any goroutine.
func (c *Conn) SetLinger(sec int) error {
	return c.set(func(fd int) error {
		c.lingers.Store(sec > 0)
		return sysSetLinger(fd, sec)
	})
}

// SetKeepAlive tells whether the system finds out that the peer has vanished,
// by its own times; see SO_KEEPALIVE in socket(7). The error is an *net.OpError.
// Safe to call from any goroutine.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.set(func(fd int) error { return sysSetKeepAlive(fd, on) })
}

// SetKeepAliveConfig is SetKeepAlive with the times of a connection's own. The
// fields mean what net.KeepAliveConfig says: of Idle, Interval and Count zero is
// 15 seconds, 15 seconds and 9, and a negative one is left as it is. Times are
// rounded up to whole seconds. The error is an *net.OpError, and
// errors.ErrUnsupported where the system has no such times. Safe to call from
// any goroutine.
func (c *Conn) SetKeepAliveConfig(cfg net.KeepAliveConfig) error {
	if cfg.Idle == 0 {
		cfg.Idle = defaultKeepAliveTime
	}
	if cfg.Interval == 0 {
		cfg.Interval = defaultKeepAliveTime
	}
	if cfg.Count == 0 {
		cfg.Count = defaultKeepAliveCount
	}
	return c.set(func(fd int) error {
		if err := sysSetKeepAlive(fd, cfg.Enable); err != nil || !cfg.Enable {
			return err
		}
		return sysSetKeepAliveTimes(fd, cfg)
	})
}

// SetReadBuffer sets the size of the kernel's receive buffer in bytes; see
// SO_RCVBUF in socket(7). The error is an *net.OpError. Safe to call from any
// goroutine.
func (c *Conn) SetReadBuffer(bytes int) error {
	return c.set(func(fd int) error { return sysSetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the kernel's send buffer in bytes; see
// SO_SNDBUF in socket(7). The error is an *net.OpError. Safe to call from any
// goroutine.
func (c *Conn) SetWriteBuffer(bytes int) error {
	return c.set(func(fd int) error { return sysSetWriteBuffer(fd, bytes) })
}

// Control calls f with the descriptor, for options that have no method here. fd
// is valid until f returns; it must not be read from, written to or closed. f
// holds up all output and must not call the connection. The error is
// net.ErrClosed. Safe to call from any goroutine.
func (c *Conn) Control(f func(fd uintptr)) error {
	return c.control(func(fd int) error {
		f(uintptr(fd))
		return nil
	})
}

// control runs f with the descriptor, which is not given back meanwhile: a
// connection that ends waits for the lock.
func (c *Conn) control(f func(fd int) error) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.err != nil {
		return net.ErrClosed
	}
	return f(c.fd)
}

func (c *Conn) set(f func(fd int) error) error {
	if err := c.control(f); err != nil {
		return &net.OpError{Op: "set", Net: network(c.remote), Source: c.local, Addr: c.remote, Err: err}
	}
	return nil
}

// network returns addr's, which may be nil.
func network(addr net.Addr) string {
	if addr == nil {
		return ""
	}
	return addr.Network()
}

// seconds rounds up, for options that count in seconds.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
