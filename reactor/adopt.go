package reactor

import "net"

// Adopt makes an event-driven Conn of fd, a connected stream socket that is
// non-blocking: one that was inherited, or is an end of a socketpair. handler is
// called for it on the loop, as with Listen. The Conn owns fd from then on; with
// an error it is the caller's still. The error is a *net.OpError, of a descriptor
// that is no such socket or of ErrStopped. Safe to call from any goroutine.
func (l *Loop) Adopt(fd int, handler func(c *Conn) Handler) (*Conn, error) {
	remote, err := sysPeerAddr(fd)
	if err == nil {
		c := l.newConn(fd, remote, nil)
		if err = l.send(&arrival{c, handler}); err == nil {
			return c, nil
		}
	}
	return nil, &net.OpError{Op: "adopt", Err: err}
}
