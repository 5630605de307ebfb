package reactor

import (
	"sync"
	"syscall"

	"github.com/valyala/bytebufferpool"
)

const (
	// chunkSize is where one output buffer ends and the next one begins, in
	// bytes. Growing in chunks keeps large outputs from being copied again
	// and again.
	chunkSize = 64 << 10
	// maxVec is the number of buffers one writev takes: IOV_MAX of Linux and
	// of the BSDs.
	maxVec = 1024
	// flushRounds is how many times one flusher goes for what others added
	// while it was writing, before it leaves that to the loop.
	flushRounds = 8
)

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
	queue []*bytebufferpool.ByteBuffer // oldest first; the last one is added to
	head  int                          // bytes of queue[0] the kernel has
	size  int                          // bytes the kernel does not have
	sent  uint64                       // bytes the kernel has, since the beginning
	total *counters                    // of the loop
	spare []*bytebufferpool.ByteBuffer // the writer's own list, swapped with queue
	vec   [][]byte                     // the writer's slices

	underway int // bytes in the system call of the writer

	low, high int  // the watermarks; a high of 0: none
	above     bool // high was exceeded, and low not reached since
	crossed   bool // the loop has not seen the last change of above

	writing bool   // somebody is in the system call
	blocked bool   // the kernel took no more; the writable edge will come
	told    bool   // the loop is on its way here
	corked  bool   // the loop is in the handler and flushes when that returns
	edges   uint32 // writable edges seen
	owed    bool   // OnDrain is called when the queue is empty
	fin     bool   // the peer is told that no more comes when the queue is empty
	ending  bool   // Close or Abort was called, or the connection is ending by itself
	orphan  bool   // the connection has ended; the writer retires the descriptor
	sealed  error  // why nothing more is taken, though the queue still leaves; nil: open
	err     error  // why the queue was dropped; nil: it was not
	broke   error  // what a writer that is not the loop found; the loop ends the connection
}

// last returns the buffer to add to. Called with mu held.
func (o *output) last() *bytebufferpool.ByteBuffer {
	if n := len(o.queue); n > 0 && len(o.queue[n-1].B) < chunkSize {
		return o.queue[n-1]
	}
	b := bytebufferpool.Get()
	o.queue = append(o.queue, b)
	return b
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
	if len(p) == 0 {
		return
	}
	b := bytebufferpool.Get()
	b.B = append(b.B, p...)
	o.queue = append(o.queue, nil)
	copy(o.queue[1:], o.queue)
	o.queue[0] = b
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
	if o.told || o.corked || !o.crossed && (o.writing || o.blocked || o.size == 0) {
		return false
	}
	o.told = true
	return true
}

// begin makes the caller the writer, if there is need for one. Called with mu
// held.
func (o *output) begin() bool {
	if o.writing || o.blocked || o.err != nil {
		return false
	}
	o.writing = true
	return true
}

// rounds writes until nothing is queued, the kernel takes no more, or others
// have added too often. Called with mu held by the writer.
func (o *output) rounds(fd int) (more bool, err error) {
	for round := 0; o.size > 0 && !o.blocked && o.err == nil; round++ {
		if round == flushRounds {
			return true, nil
		}
		if err := o.carry(fd); err != nil {
			return false, err
		}
	}
	return false, nil
}

// direct makes the caller the writer of p, which is not copied when nothing is
// queued before it. What the kernel does not take, or somebody else has to
// write, is queued. Called with mu held.
func (o *output) direct(fd int, p []byte) (more bool, err error) {
	if !o.begin() {
		o.add(p)
		return false, nil
	}
	if o.size > 0 {
		o.add(p)
		more, err = o.rounds(fd)
		o.writing = false
		return more, err
	}
	edges := o.edges
	o.underway = len(p)
	o.mu.Unlock()
	n, err := sysWrite(fd, p)
	o.mu.Lock()
	o.underway = 0
	o.account(n)
	if o.err == nil && (err == nil || err == syscall.EAGAIN) {
		o.unshift(p[n:])
		o.block(n < len(p), edges)
		more, err = o.rounds(fd)
	}
	o.writing = false
	return more, err
}

// carry makes one system call for what is queued now. It is called with mu
// held, by the writer, and lets mu go meanwhile.
func (o *output) carry(fd int) error {
	list, from, edges := o.queue, o.head, o.edges
	o.queue, o.spare, o.head = o.spare[:0], nil, 0
	vec, want := o.vec[:0], 0
	for _, b := range list[:min(len(list), maxVec)] {
		vec = append(vec, b.B[from:])
		want += len(b.B) - from
		from = 0
	}
	from = len(list[0].B) - len(vec[0])
	o.underway = want
	o.mu.Unlock()
	n, err := sysWritev(fd, vec)
	o.mu.Lock()
	o.underway = 0
	clear(vec)
	o.account(n)
	if o.err != nil { // dropped while we wrote: the list is ours to free
		putAll(list)
		return nil
	}
	o.vec = vec[:0]
	o.taken(list, from, n)
	if err == syscall.EAGAIN || (err == nil && n < want) {
		o.block(true, edges)
		return nil
	}
	return err
}

// block takes note that the kernel takes no more, unless a writable edge came
// since edges had been counted. Called with mu held.
func (o *output) block(full bool, edges uint32) {
	o.blocked = full && o.edges == edges
	o.owed = o.owed || full
}

// idle reports whether the loop has nothing to see to. Called with mu held.
func (o *output) idle() bool { return o.size == 0 && o.sealed == nil && !o.owed && !o.crossed }

// settled reports whether OnDrain is due. Called with mu held.
func (o *output) settled() bool { return o.owed && o.size == 0 && !o.writing }

// account takes note of a system call that wrote n bytes. Called with mu held.
func (o *output) account(n int) {
	o.sent += uint64(n)
	o.total.bytesOut.Add(uint64(n))
	o.total.writes.Add(1)
}

// taken accounts for n bytes of list, whose first from bytes had been taken
// before, and puts the rest back before what was added meanwhile. Called with
// mu held.
func (o *output) taken(list []*bytebufferpool.ByteBuffer, from, n int) {
	o.size -= n
	from += n
	k := 0
	for k < len(list) && from >= len(list[k].B) {
		from -= len(list[k].B)
		bytebufferpool.Put(list[k])
		k++
	}
	if k == len(list) {
		clear(list)
		o.spare = list[:0]
		return
	}
	o.head = from
	added := o.queue
	rest := copy(list, list[k:])
	clear(list[rest:])
	list = append(list[:rest], added...)
	o.queue = list
	clear(added)
	o.spare = added[:0]
}

func putAll(list []*bytebufferpool.ByteBuffer) {
	for _, b := range list {
		bytebufferpool.Put(b)
	}
}
