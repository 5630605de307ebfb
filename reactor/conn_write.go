package reactor

import "net"

// Write queues a copy of p. It leaves with everything else that collects
// until the loop comes by: at the end of the callback when called from one,
// and otherwise on a wake-up that is sent once however much is written. From
// 64 KiB on, with nothing queued before it, p is written from the calling
// goroutine, as WriteNow does, and only what the kernel does not take is copied.
// It never blocks and never writes less than all of p; the error is
// net.ErrClosed after Close or when the connection has ended. Safe to call from
// any goroutine.
func (c *Conn) Write(p []byte) (int, error) {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return 0, err
	}
	if len(p) >= chunkSize && c.out.size == 0 && !c.out.writing {
		c.written(c.out.direct(c.fd, p))
		return len(p), nil
	}
	c.out.add(p)
	tell := c.out.mustTell()
	c.out.mu.Unlock()
	if tell {
		c.ferry()
	}
	return len(p), nil
}

// Writev queues copies of the buffers, one after the other and with nothing
// between them. Otherwise it is Write. Safe to call from any goroutine.
func (c *Conn) Writev(bufs ...[]byte) (int, error) {
	n := 0
	err := c.Append(func(dst []byte) []byte {
		for _, p := range bufs {
			dst = append(dst, p...)
			n += len(p)
		}
		return dst
	})
	return n, err
}

// Append queues what f appends to the slice it is given, without a copy in
// between. f runs under the connection's output lock: it must be short and
// must not call the connection. Otherwise Append is Write. Safe to call from
// any goroutine.
func (c *Conn) Append(f func(dst []byte) []byte) error {
	tell, err := c.appendLocked(f)
	if tell {
		c.ferry()
	}
	return err
}

func (c *Conn) appendLocked(f func(dst []byte) []byte) (tell bool, err error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.sealed != nil {
		return false, c.out.sealed
	}
	b := c.out.last()
	before := len(b.B)
	b.B = f(b.B)
	c.out.size += len(b.B) - before
	return c.out.mustTell(), nil
}

// WriteNow writes p from the calling goroutine, without a copy when nothing is
// queued before it, and queues what the kernel does not take. It never blocks.
// It is for callers that have collected a batch themselves. Safe to call from
// any goroutine.
func (c *Conn) WriteNow(p []byte) error {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return err
	}
	more, err := c.out.direct(c.fd, p)
	c.written(more, err)
	return nil
}

// Flush writes what is queued from the calling goroutine, unless another one
// is doing so. It never blocks: what the kernel does not take leaves when it
// can. Safe to call from any goroutine.
func (c *Conn) Flush() {
	c.out.mu.Lock()
	if !c.out.begin() {
		c.out.mu.Unlock()
		return
	}
	more, err := c.out.rounds(c.fd)
	c.out.writing = false
	c.written(more, err)
}

// Queued returns how many bytes were accepted for writing and have not been
// taken by the kernel. Safe to call from any goroutine.
func (c *Conn) Queued() int {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.size
}

// Sent returns how many bytes the kernel has taken since the connection was
// established. What is in a system call counts as taken: what lies beyond, of
// a connection that was aborted or has ended, never leaves. It still tells
// after the connection has ended. Safe to call from any goroutine.
func (c *Conn) Sent() uint64 {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.sent + uint64(c.out.underway)
}

// CloseWrite refuses further output and, when what is queued has left, tells
// the peer that no more will come. Reading goes on. Safe to call from any
// goroutine.
func (c *Conn) CloseWrite() error {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return err
	}
	c.out.seal(net.ErrClosed)
	c.out.fin = true
	c.out.mu.Unlock()
	c.ferry()
	return nil
}
