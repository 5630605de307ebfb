package sockets

import (
	"math/bits"
	"sync"
)

// Buffers come in powers of two: the smallest is where a socket begins, larger
// ones than the largest are left to the garbage collector.
const (
	minBuffer = 4 << 10
	maxPooled = 1 << 20
)

// A chunk is the memory of a buffer.
type chunk struct {
	b []byte
}

var chunks [9]sync.Pool // by size: minBuffer, twice that … maxPooled

func getChunk(size int) *chunk {
	if size > maxPooled {
		return &chunk{make([]byte, 1<<bits.Len(uint(size-1)))}
	}
	class := bits.Len(uint(max(size, minBuffer)-1)) - bits.Len(minBuffer-1)
	if c, ok := chunks[class].Get().(*chunk); ok {
		return c
	}
	return &chunk{make([]byte, minBuffer<<class)}
}

func putChunk(c *chunk) {
	if len(c.b) <= maxPooled {
		chunks[bits.Len(uint(len(c.b)))-bits.Len(minBuffer)].Put(c)
	}
}

// A buffer holds what was received and not yet read:
//
//	0 ··· read │ r ··· waiting │ w ··· room │ len
//
// It has no memory while it is empty and its socket waits.
type buffer struct {
	mem  *chunk // nil: none
	r, w int
	size int // of the next memory, grown when a read fills all there is
}

func (b *buffer) len() int { return b.w - b.r }

// bytes returns what waits, valid until the next call of room or rest.
func (b *buffer) bytes() []byte {
	if b.mem == nil {
		return nil
	}
	return b.mem.b[b.r:b.w:b.w]
}

// consume takes n bytes off the front. They stay valid like those of bytes.
func (b *buffer) consume(n int) {
	b.r += n
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
}

// room returns where the next bytes go, at least minBuffer/2 of them.
func (b *buffer) room() []byte {
	if b.mem == nil {
		b.mem = getChunk(b.size)
	}
	if b.r > 0 && len(b.mem.b)-b.w < minBuffer/2 && b.len() <= len(b.mem.b)/2 {
		b.w = copy(b.mem.b, b.mem.b[b.r:b.w])
		b.r = 0
	}
	if len(b.mem.b)-b.w < minBuffer/2 {
		b.move(2 * len(b.mem.b))
	}
	return b.mem.b[b.w:]
}

// move goes on in other memory.
func (b *buffer) move(size int) {
	old := b.mem
	b.mem = getChunk(size)
	b.w = copy(b.mem.b, old.b[b.r:b.w])
	b.r = 0
	putChunk(old)
}

// added takes note of n bytes read into room, which had space for of.
func (b *buffer) added(n, of int) {
	b.w += n
	if n == of {
		b.size = min(2*len(b.mem.b), maxRead)
	} else if n < of/4 {
		b.size = 0
	}
}

// maxRead is the largest memory an empty buffer begins with.
const maxRead = 64 << 10

// rest is called when the socket is about to wait: it gives back the memory if
// nothing is in it, and changes large memory with little in it for small.
func (b *buffer) rest() {
	switch {
	case b.mem == nil:
	case b.r == b.w:
		putChunk(b.mem)
		b.mem, b.r, b.w = nil, 0, 0
	case len(b.mem.b) > maxRead && b.len() <= minBuffer:
		b.move(2 * minBuffer)
	}
}
