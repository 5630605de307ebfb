package reactor

import "github.com/valyala/bytebufferpool"

// A piece is one element of a connection's output queue: bytes, or a part of a
// file.
type piece struct {
	buf  *bytebufferpool.ByteBuffer // nil: a file
	file *filePart
}

// newBuffer returns an empty piece for bytes.
func newBuffer() piece { return piece{buf: bytebufferpool.Get()} }

// put gives back what the piece holds.
func (p piece) put() {
	if p.file != nil {
		p.file.close()
		return
	}
	bytebufferpool.Put(p.buf)
}

func putAll(list []piece) {
	for _, p := range list {
		p.put()
	}
}
