package reactor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/bytebufferpool"
)

// chunkSize is where one output buffer ends and the next one begins, in bytes.
// Growing in chunks keeps large outputs from being copied again and again.
const chunkSize = 64 << 10

// An output is what a connection has accepted for writing and the kernel has
// not. Any goroutine may add to it; one at a time carries it to the kernel:
//
//	idle ──begin──► writing ──all out──► idle
//	                   │
//	                 EAGAIN
//	                   ▼
//	                blocked ──writable edge──► writing
//
// Whoever finds somebody writing leaves, because the writer looks again
// before it goes. The loop is told at most once until it comes.
type output struct {
	mu    sync.Mutex
	queue []piece  // oldest first; the last one is added to
	head  int      // bytes of queue[0] the kernel has, if that is bytes
	size  int      // bytes the kernel does not have
	sent  uint64   // bytes the kernel has, since the beginning
	loop  *Loop    // whose counters are added to
	spare []piece  // the writer's own list, swapped with queue
	vec   [][]byte // the writer's slices

	underway int           // bytes in the system call of the writer
	timed    bool          // somebody wants to know active
	limited  bool          // there is a write deadline
	active   time.Duration // when a writer that is not the loop brought bytes to the kernel, by the loop's clock

	low, high int  // the watermarks; a high of 0: none
	above     bool // high was exceeded, and low not reached since
	crossed   bool // the loop has not seen the last change of above

	writing bool  // somebody is in the system call
	byLoop  bool  // the loop is
	told    bool  // the loop is on its way here
	owed    bool  // OnDrain is called when the queue is empty
	fin     bool  // the peer is told that no more comes when the queue is empty
	orphan  bool  // the connection has ended; the writer retires the descriptor
	sealed  error // why nothing more is taken, though the queue still leaves; nil: open
	err     error // why the queue was dropped; nil: it was not
	broke   error // what a writer that is not the loop found; the loop ends the connection

	// atomics
	corked  atomic.Bool   // the loop is in the handler and flushes when that returns
	news    atomic.Bool   // the loop has something to see to here; changes with mu held
	blocked atomic.Bool   // the kernel took no more; the writable edge will come; changes with mu held
	edges   atomic.Uint32 // writable edges seen
	ending  atomic.Bool   // Close or Abort was called, or the connection is ending by itself; set with mu held
}

// last returns the buffer to add to. Called with mu held.
func (o *output) last() *bytebufferpool.ByteBuffer {
	if n := len(o.queue); n > 0 && o.queue[n-1].file == nil && len(o.queue[n-1].buf.B) < chunkSize {
		return o.queue[n-1].buf
	}
	p := newBuffer()
	o.queue = append(o.queue, p)
	return p.buf
}

// add copies p to the end of the queue. Called with mu held.
func (o *output) add(p []byte) {
	o.size += len(p)
	for len(p) > 0 {
		b := o.last()
		n := min(len(p), max(chunkSize-len(b.B), 0))
		if len(p) <= 4096 { // do not split small messages
			n = len(p)
		}
		b.B = append(b.B, p[:n]...)
		p = p[n:]
	}
}

// unshift puts p, which the kernel refused, before everything else. Called
// with mu held and by the writer, so that nobody else takes from the front.
func (o *output) unshift(p []byte) {
	switch {
	case len(p) == 0:
		return
	case len(o.queue) == 0:
		o.add(p)
		return
	}
	b := newBuffer()
	b.buf.B = append(b.buf.B, p...)
	o.queue = slices.Insert(o.queue, 0, b)
	o.head = 0
	o.size += len(p)
}

// seal refuses more output with err and keeps what is queued. Called with mu
// held.
func (o *output) seal(err error) {
	if o.sealed == nil {
		o.sealed = err
	}
}

// drop forgets everything queued and refuses more with err. Called with mu
// held.
func (o *output) drop(err error) {
	o.seal(err)
	if o.err == nil {
		o.err = err
	}
	putAll(o.queue)
	o.queue, o.vec, o.spare = nil, nil, nil
	o.head, o.size = 0, 0
}

// mustTell reports whether the loop has to be told that there is output, and
// takes note that it is. Called with mu held.
func (o *output) mustTell() bool {
	o.level()
	if !o.crossed && (o.writing || o.blocked.Load() || o.size == 0) {
		return false
	}
	return o.announce()
}

// announce reports whether the loop has to be told that there is something to
// see to, and takes note that it is. A loop that is in the handler looks for
// news when that returns. The order counts: it takes the cork off first and then
// looks; we leave the news first and then look for the cork. Called with mu
// held.
func (o *output) announce() bool {
	if !o.news.Load() {
		o.news.Store(true)
	}
	if o.told || o.corked.Load() {
		return false
	}
	o.told = true
	return true
}

// settled reports whether OnDrain is due. Called with mu held.
func (o *output) settled() bool { return o.owed && o.size == 0 && !o.writing }
