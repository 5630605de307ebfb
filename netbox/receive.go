package netbox

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// An answer is a packet on its way to its future, or an event.
type answer struct {
	f       *Future // nil: an event
	typ     iproto.Type
	version uint64 // of the schema
	body    []byte // in the loop's buffer
}

// received takes every complete packet in p to its future and returns how many
// bytes that were: first all futures are found, under the lock, then they are
// completed, without it. Called on the loop.
func (l *link) received(p []byte) (n int) {
	if !l.greeted {
		if n = l.greet(p); n == 0 {
			return 0
		}
	}
	n, over, err := l.collect(p, n)
	if t := l.conn.opts.Trace; t != nil && t.Received != nil {
		t.Received(n)
	}
	if e := l.deliver(); err == nil {
		err = e
	}
	l.offset += uint64(n)
	switch {
	case err != nil:
		l.abort(err)
		return len(p)
	case over:
		l.finish()
		return len(p)
	}
	return n
}

// greet takes the greeting at the front of the stream.
func (l *link) greet(p []byte) (n int) {
	g, n, err := iproto.ParseGreeting(p)
	if n == 0 && err == nil {
		return 0
	}
	l.greeted = true
	l.greeting = g
	if err != nil {
		l.abort(err)
		n = len(p)
	}
	l.helloErr = err
	l.hello.Open()
	return n
}

// collect finds the packets of p from n on and their futures. over tells that
// the last one a server that shuts down was waited for has come.
func (l *link) collect(p []byte, n int) (end int, over bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var h iproto.Header
	start := n
	for n < len(p) {
		size, k, err := iproto.ParseFrameLength(p[n:], l.conn.opts.MaxPacket)
		if err != nil {
			return n, false, &FrameError{Offset: l.offset + uint64(n), Err: err}
		}
		if k == 0 {
			break
		}
		end := n + k + int(size)
		if end > len(p) {
			l.wire.Expect(end - n)
			break
		}
		m, err := h.Parse(p[n+k : end])
		if err != nil {
			return n, false, &FrameError{Offset: l.offset + uint64(n), Err: err}
		}
		if h.SchemaVersion != l.version && h.SchemaVersion != 0 {
			l.versionChanged(h.SchemaVersion)
		}
		l.match(&h, p[n+k+m:end])
		n = end
	}
	l.bytesIn += uint64(n - start)
	l.weigh()
	return n, l.leaving && l.slots.taken() == 0, nil
}

// match finds the future of a packet. What nobody waits for is dropped.
// Called with mu held.
func (l *link) match(h *iproto.Header, body []byte) {
	if h.Type == iproto.TypeEvent {
		l.counts.Events++
		l.arrived = append(l.arrived, answer{typ: h.Type, body: body})
		return
	}
	f := l.slots.find(h.Sync)
	if f == nil {
		l.counts.Unmatched++
		return
	}
	switch {
	case h.Type == iproto.TypeChunk:
		l.counts.Pushes++
	case h.Type == iproto.TypeOK || h.Type.IsError():
		l.counts.Answers++
		l.slots.release(h.Sync)
	default:
		l.counts.Unmatched++
		return
	}
	l.arrived = append(l.arrived, answer{f, h.Type, h.SchemaVersion, body})
}

// deliver completes what collect has found. The error is about an event, which
// no caller can be told of.
func (l *link) deliver() (err error) {
	for i := range l.arrived {
		a := &l.arrived[i]
		switch {
		case a.f == nil:
			if e := l.event(a.body); e != nil && err == nil {
				err = e
			}
		case a.typ == iproto.TypeChunk:
			if t := l.conn.opts.Trace; t != nil && t.Push != nil {
				t.Push(len(a.body))
			}
			a.f.pushed(a.body)
		default:
			a.f.complete(a)
		}
	}
	clear(l.arrived)
	l.arrived = l.arrived[:0]
	return err
}

// event takes an event to those who watch its key.
func (l *link) event(body []byte) error {
	e, _, err := iproto.ParseEvent(body)
	if err != nil {
		return fmt.Errorf("netbox: event: %w", err)
	}
	l.conn.watchers.event(l, e)
	return nil
}

// pushed keeps a message, if it is to be kept and is one.
func (f *Future) pushed(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.pushes.keep {
		return
	}
	if v, _, err := iproto.ParseChunk(body); err == nil {
		f.pushes.add(v)
		f.wake()
	}
}
