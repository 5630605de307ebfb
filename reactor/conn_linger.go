package reactor

import (
	"os"
	"syscall"
	"time"
)

// This file is about peers that are still sending when their connection is
// closed. Closing a descriptor with input unread, or that gets some later,
// resets the connection, and what our kernel has not delivered by then is lost.
// So what such a peer sends is read and thrown away, and the descriptor is
// closed when the peer has finished, too, or its kernel has everything:
//
//	Close ──► flushing ──all out──► nothing came and all is on its way, or all is delivered: closed
//	                        └─────► shutdown(2) ──its end, or all delivered──► closed

const (
	// lingerMost is how long a peer that goes on sending is heard out when all
	// output has left.
	lingerMost = 5 * time.Second
	// lingerStep is how often it is looked whether all is delivered, of which
	// no event tells.
	lingerStep = 10 * time.Millisecond
)

// hearOut reads what the peer of a closed connection still sends. Called on the
// loop.
func (c *Conn) hearOut() {
	for spent := 0; !c.eof && !c.closed; {
		if spent >= readBudget {
			c.again()
			return
		}
		n, err := sysRead(c.fd, c.loop.buf)
		switch {
		case err == syscall.EAGAIN:
			return
		case err != nil:
			c.finish(os.NewSyscallError("read", err))
		case n == 0:
			c.eof = true
		default:
			c.heard = true
			spent += n
			c.loop.counts.bytesIn.Add(uint64(n))
		}
	}
}

// flushed is called on the loop when the output of a closed connection has
// left, and whenever more has come since.
func (c *Conn) flushed() {
	if c.eof || !c.heard && sysTransmitted(c.fd) || sysDelivered(c.fd) {
		c.finish(c.reason)
		return
	}
	if !c.finSent {
		c.finSent = true
		_ = sysShutdownWrite(c.fd)
		c.lingerTo = c.loop.clock() + min(c.loop.cfg.FlushTimeout, lingerMost)
		c.wait(lingerStep)
	}
}

// wait bounds how long a closed connection may take from now on.
func (c *Conn) wait(d time.Duration) {
	if c.patience == nil {
		c.patience = c.loop.AfterFunc(d, c.impatient)
		return
	}
	c.patience.Reset(d)
}

func (c *Conn) impatient() {
	switch {
	case !c.finSent:
		c.finish(ErrFlushTimeout)
	case sysDelivered(c.fd) || c.loop.clock() >= c.lingerTo:
		c.finish(c.reason)
	default:
		c.wait(lingerStep)
	}
}
