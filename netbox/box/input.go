package box

import (
	"time"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// flushAt is how much output of inline handlers collects before it is written
// though more requests are there, in bytes.
const flushAt = 128 << 10

// OnData processes every complete packet in p. What the handlers on the loop
// answer collects, and leaves in one write.
func (x *session) OnData(_ *reactor.Conn, p []byte) (n int) {
	if x.stopped {
		return len(p)
	}
	if x.srv.cfg.IdleTimeout > 0 {
		x.heard = time.Now()
	}
	x.collect()
	defer x.leave()
	for n < len(p) && !x.stopped {
		if x.mustPause(n == 0) {
			return n
		}
		size, k, err := iproto.ParseFrameLength(p[n:], x.srv.cfg.MaxPacket)
		if err != nil {
			x.refuse(iproto.Header{}, err)
			x.stopped = true
			return len(p)
		}
		if k == 0 {
			x.awaitPacket(true)
			return n
		}
		end := n + k + int(size)
		if end > len(p) {
			x.conn.Expect(end - n)
			x.awaitPacket(true)
			return n
		}
		x.awaitPacket(false)
		x.packet(p[n+k : end : end])
		if x.postponed { // it comes, and is counted, again
			x.postponed = false
			x.tally.takeBack()
			return n
		}
		n = end
	}
	return n
}

// collect begins to collect output, unless fibers have begun in this turn.
func (x *session) collect() {
	if x.out == nil {
		x.out = bytebufferpool.Get()
	}
}

// leave hands over what one callback has collected, and closes the connection
// when its input can not be followed any more.
func (x *session) leave() {
	x.tally.publish()
	if out := x.out; out != nil { // nil: what fibers had answered has left with other output of the turn
		x.out = nil
		if len(out.B) > 0 {
			_ = x.conn.WriteNow(out.B)
		}
		bytebufferpool.Put(out)
	}
	if x.stopped {
		x.hangUp()
	}
	if len(x.batch) > 0 {
		x.underway.add(x.batch, x.burden.requests())
		x.srv.pool.put(x.batch)
		clear(x.batch)
		x.batch = x.batch[:0]
	}
	if len(x.fiberBatch) > 0 {
		x.underway.add(x.fiberBatch, x.burden.requests())
		x.fibers.put(x.fiberBatch)
		clear(x.fiberBatch)
		x.fiberBatch = x.fiberBatch[:0]
	}
}

// spillFrom writes the output collected so far if it has so many bytes.
func (x *session) spillFrom(size int) {
	if len(x.out.B) >= size {
		_ = x.conn.WriteNow(x.out.B)
		x.out.B = x.out.B[:0]
	}
}

// lookEvery is how many packets are taken between two looks at how much output
// waits for the client.
const lookEvery = 64

// mustPause stops the input when requests have to wait, because too many are
// under way or the client does not take the answers, until that is over. first
// tells that this callback has brought no packet yet.
func (x *session) mustPause(first bool) bool {
	switch {
	case x.stalled:
	case x.busy():
		x.crowded.Store(true)
		if x.sparse() { // meanwhile, and so nobody has seen that it matters
			x.wake()
		}
	case (first || x.received%lookEvery == 0) && len(x.out.B) == 0 && x.full():
		x.conn.WantDrain()
	default:
		return false
	}
	x.pause()
	return true
}

func (x *session) pause() {
	x.paused = true
	x.conn.PauseRead()
}

// busy reports whether so much is under way that no more may come.
func (x *session) busy() bool {
	requests, bytes := x.burden.load()
	return requests >= x.srv.cfg.MaxInFlight || bytes >= x.srv.cfg.Readahead
}

// sparse reports whether so little is under way that more may come.
func (x *session) sparse() bool {
	requests, bytes := x.burden.load()
	return requests <= x.srv.cfg.MaxInFlight/2 && bytes <= x.srv.cfg.Readahead/2
}

// full reports whether so much output waits for the client that no more should
// be asked for, also when all that the kernel takes has been written: more than
// half of the budget, whose other half is for what is under way. Safe to call
// from any goroutine.
func (x *session) full() bool {
	if x.conn.Queued() <= x.srv.cfg.OutputBudget/2 {
		return false
	}
	x.conn.Flush()
	return x.conn.Queued() > x.srv.cfg.OutputBudget/2
}

// reserve takes a place for a request that is not answered at once, whose
// packet has so many bytes to keep. When there is none, the packet has to come
// again, and reserve sees to that.
func (x *session) reserve(size int) bool {
	if !x.srv.turnstile.enter() {
		x.postponed = true
		x.pause()
		x.srv.turnstile.queue(x)
		return false
	}
	x.burden.add(size)
	return true
}

// done is called when a request that reserved a place has been answered.
func (x *session) done(r *Request) {
	x.unload(r)
	x.srv.turnstile.exit(1)
}

// unload is done but for the place, which the caller gives back.
func (x *session) unload(r *Request) {
	if r.stream != nil {
		r.stream.next()
	}
	x.burden.drop(r.size)
	if x.crowded.Load() && x.sparse() {
		x.wake()
	}
}

// wake makes the loop look whether the input may go on. Safe to call from any
// goroutine.
func (x *session) wake() {
	if !x.resuming.Swap(true) {
		_ = x.conn.Loop().Post(x.resume)
	}
}

func (x *session) resume() {
	x.resuming.Store(false)
	x.crowded.Store(false)
	if x.paused && !x.stalled {
		x.paused = false
		x.conn.ResumeRead()
	}
}

// OnDrain goes on with the pushes and the input when the client has taken the
// answers.
func (x *session) OnDrain(*reactor.Conn) {
	x.drained()
	x.sendEvents()
	x.resume()
}
