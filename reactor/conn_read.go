package reactor

import (
	"os"
	"syscall"

	"github.com/valyala/bytebufferpool"
)

// inPlace is the size from which an incomplete tail stays where it is and the
// kernel reads behind it, in bytes. Below it the tail is copied to the front of
// the loop's buffer, so that one read can still bring a quarter of a megabyte.
const inPlace = 32 << 10

// PauseRead stops reading: what the peer sends stays in the kernel, whose
// window then stops the peer. OnData is not called until ResumeRead. Must be
// called on the loop.
func (c *Conn) PauseRead() {
	c.loop.mustOwn("Conn.PauseRead")
	c.paused = true
	if c.hungUp {
		c.again() // for OnHangup
	}
}

// ResumeRead reads again, beginning with what was not consumed. Must be called
// on the loop.
func (c *Conn) ResumeRead() {
	c.loop.mustOwn("Conn.ResumeRead")
	if !c.paused {
		return
	}
	c.paused = false
	c.need = 0
	c.again()
	c.armLimits() // a read deadline holds again
}

// Expect tells that OnData can do nothing before n bytes are there in all,
// counted from the first one not consumed, so that a large frame is not looked
// at again for each of its pieces. It holds for the next OnData. Must be
// called on the loop.
func (c *Conn) Expect(n int) {
	c.loop.mustOwn("Conn.Expect")
	c.need = n
}

// again puts the connection on the loop's list of those which have data
// though no edge will tell.
func (c *Conn) again() {
	if !c.inBacklog && !c.closed {
		c.inBacklog = true
		c.loop.backlog = append(c.loop.backlog, c)
		c.loop.tell()
	}
}

// read takes what the kernel has. A read that does not fill the buffer has
// taken everything, unless drain is set: then only the kernel's word counts.
func (c *Conn) read(drain bool) {
	if c.closing {
		c.hearOut()
		c.carry() // if that was the end, it is ours as well
		return
	}
	c.redeliver()
	for spent := 0; ; {
		if c.paused || c.full || c.eof || c.out.ending.Load() {
			return
		}
		if spent >= readBudget {
			c.again()
			return
		}
		buf, kept := c.room()
		n, err := sysRead(c.fd, buf[kept:])
		c.loop.counts.reads.Add(1)
		switch {
		case err == syscall.EAGAIN:
			c.keep(buf[:kept])
			return
		case err != nil:
			c.finish(os.NewSyscallError("read", err))
			return
		case n == 0:
			c.atEOF(buf[:kept])
			return
		}
		c.active = c.loop.now
		c.loop.counts.bytesIn.Add(uint64(n))
		spent += n
		c.deliver(buf[:kept+n])
		if kept+n < len(buf) && !drain {
			return
		}
	}
}

// redeliver offers the tail again after a pause, when nothing new may come.
func (c *Conn) redeliver() {
	if c.tail != nil && c.inPause && !c.paused && !c.out.ending.Load() {
		c.inPause = false
		buf := c.tail.B
		c.deliver(buf)
	}
}

// room returns the buffer to read into and how many bytes at its start are the
// unconsumed tail.
func (c *Conn) room() (buf []byte, kept int) {
	if c.tail == nil {
		return c.loop.buf, 0
	}
	b := c.tail.B
	if len(b) < inPlace && c.need <= len(c.loop.buf) {
		return c.loop.buf, copy(c.loop.buf, b)
	}
	if cap(b)-len(b) < inPlace {
		// Double, or take just what is expected, but never more than twice
		// what has really come: a length alone costs a peer nothing.
		size := max(2*len(b), len(b)+inPlace)
		if c.need > len(b) {
			size = min(size, max(c.need, len(b)+inPlace))
		}
		b = append(make([]byte, 0, size), b...)
		c.tail.B = b
	}
	return b[:c.bound(len(b), cap(b))], len(b)
}

// bound returns how much of the tail's buffer may be filled: a recycled one can
// have room for more than the watermarks allow.
func (c *Conn) bound(have, room int) int {
	if c.readHigh == 0 {
		return room
	}
	return min(room, max(c.readHigh+loopBuffer, c.need, have+inPlace))
}

// deliver gives p to the handler and keeps what it does not consume.
func (c *Conn) deliver(p []byte) {
	if len(p) < c.need {
		c.keep(p)
		return
	}
	c.need = 0
	c.lent = true
	c.cork()
	n := c.h.OnData(c, p[:len(p):len(p)])
	c.lent = false
	c.uncork()
	if n < 0 || n > len(p) {
		panic("reactor: OnData consumed bytes it was not given")
	}
	if c.closed {
		return
	}
	c.inPause = c.paused && n < len(p)
	c.keep(p[n:])
	c.readLevel()
}

// keep makes p the tail. p lies in the tail itself or in the loop's buffer.
func (c *Conn) keep(p []byte) {
	if len(p) == 0 {
		c.dropTail()
		return
	}
	if c.tail == nil {
		c.tail = bytebufferpool.Get()
	}
	c.tail.B = append(c.tail.B[:0], p...) // a move when they overlap
	c.unread.Store(int64(len(p)))
}

func (c *Conn) dropTail() {
	if c.tail != nil {
		bytebufferpool.Put(c.tail)
		c.tail = nil
		c.unread.Store(0)
	}
}

// atEOF is called when the peer has finished sending.
func (c *Conn) atEOF(rest []byte) {
	c.eof = true
	if h, ok := c.h.(EOFHandler); ok {
		c.lent = true
		c.cork()
		h.OnEOF(c, rest[:len(rest):len(rest)])
		c.lent = false
		c.uncork()
		c.dropTail()
		return
	}
	c.dropTail()
	c.shut(errEOF)
}
