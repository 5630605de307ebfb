package box

import (
	"context"
	"slices"
	"time"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/reactor"
)

// fibers run the requests of one loop as fibers of that loop. Everything in it
// is the loop's, so there is no lock.
//
// One fiber works through the queue as long as its handlers do not wait, which
// costs hardly more than running them inline. When one waits, the turn ends,
// and what is left is for the next fiber. Answers of a turn leave in one write
// per session.
type fibers struct {
	srv  *Server
	loop *reactor.Loop

	queue  ring
	idle   []*reactor.Waiter // fibers without work
	count  int               // all of them
	coming bool              // a fiber is on its way to the queue
	turn   bool              // endTurn is going to be called
	dirty  []*session        // with answers to write at the end of the turn
	ended  int               // requests of the turn that have left the turnstile by then
	blanks []*Request        // that have ended, to be used again
}

// keepBlanks is how many requests of a loop are kept to be used again.
const keepBlanks = 1024

// blank returns a request to be filled in.
func (p *fibers) blank() *Request {
	n := len(p.blanks) - 1
	if n < 0 {
		return new(Request)
	}
	r := p.blanks[n]
	p.blanks[n] = nil
	p.blanks = p.blanks[:n]
	return r
}

// free gives a request back that has ended.
func (p *fibers) free(r *Request) {
	if r.wipe() && len(p.blanks) < keepBlanks {
		p.blanks = append(p.blanks, r)
	}
}

// fibersOf returns the fibers of a loop. Called on that loop.
func (s *Server) fibersOf(l *reactor.Loop) *fibers {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.fibers[l]
	if p == nil {
		p = &fibers{srv: s, loop: l}
		s.fibers[l] = p
	}
	return p
}

// put queues requests. Called on the loop.
func (p *fibers) put(batch []*Request) {
	for _, r := range batch {
		p.queue.push(r)
	}
	p.summon()
}

// summon sees to it that a fiber comes for what is queued.
func (p *fibers) summon() {
	if p.queue.len == 0 || p.coming {
		return
	}
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.coming = true
		w.WakeOn(p.loop)
		return
	}
	if p.count < p.srv.cfg.Workers {
		_, err := p.loop.Go(p.srv.base, p.work)
		p.coming = err == nil
		if p.coming {
			p.count++
		}
	}
}

// mind calls endTurn when the turn ends.
func (p *fibers) mind() {
	if !p.turn {
		p.turn = true
		p.loop.Defer(p.endTurn)
	}
}

// endTurn writes the answers of the turn, and passes on what a fiber that
// waits has left.
func (p *fibers) endTurn() {
	p.turn = false
	for i, x := range p.dirty {
		p.dirty[i] = nil
		x.leave()
	}
	p.dirty = p.dirty[:0]
	if n := p.ended; n > 0 {
		p.ended = 0
		p.srv.turnstile.exit(n)
	}
	p.summon()
}

// A fiberWorker is one of the fibers.
type fiberWorker struct {
	fiber   *reactor.Fiber
	scratch []byte          // what answers are appended to
	session *session        // of the last request; nil: none since it rested
	ctx     context.Context // of that session, and the fiber's
}

// work is what each of the fibers does.
func (p *fibers) work(ctx context.Context) {
	defer func() { p.count-- }()
	x := fiberWorker{fiber: reactor.Current(ctx)}
	w := reactor.NewWaiter(ctx)
	for {
		p.coming = false
		r := p.queue.pop()
		if r == nil {
			x.session, x.ctx = nil, nil
			if len(p.idle) >= keepIdle || !p.rest(ctx, w) {
				w.Free()
				return
			}
			continue
		}
		p.mind()
		x.run(p, r)
	}
}

// rest waits until there is work. It reports false when the loop has stopped
// or the server is closed.
func (p *fibers) rest(ctx context.Context, w *reactor.Waiter) bool {
	p.idle = append(p.idle, w)
	err := w.Wait(ctx, time.Time{})
	if err != nil {
		p.idle = slices.DeleteFunc(p.idle, func(x *reactor.Waiter) bool { return x == w })
	}
	return err == nil
}

// run answers a request in the fiber. The answer joins the others of the turn.
func (x *fiberWorker) run(p *fibers, r *Request) {
	s := r.session
	if x.session != s {
		x.session, x.ctx = s, x.fiber.Context(s.ctx)
	}
	r.ctx, r.reply = x.ctx, x.scratch[:0]
	r.answer()
	r.end()
	if s.out == nil {
		s.out = bytebufferpool.Get()
		p.dirty = append(p.dirty, s)
	}
	p.mind() // this may be another turn than the one it began in
	s.out.B = append(s.out.B, r.reply...)
	if r.stream == nil {
		s.spillFrom(flushAt)
	} else {
		s.spillFrom(1) // the next one of the stream may be answered elsewhere
	}
	if x.scratch = r.reply; cap(x.scratch) > keepScratch {
		x.scratch = nil
	}
	s.unload(r)
	p.ended++
	p.free(r)
}
