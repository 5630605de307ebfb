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
	p.summon()
}

// work is what each of the fibers does.
func (p *fibers) work(ctx context.Context) {
	defer func() { p.count-- }()
	x := reactor.Current(ctx)
	w := reactor.NewWaiter(ctx)
	var scratch []byte
	for {
		p.coming = false
		r := p.queue.pop()
		if r == nil {
			if len(p.idle) >= keepIdle || !p.rest(ctx, w) {
				w.Free()
				return
			}
			continue
		}
		p.mind()
		scratch = p.run(r, x, scratch)
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

// run answers a request in the fiber x. The answer joins the others of the
// turn. scratch is what it may use meanwhile, and returns for the next one.
func (p *fibers) run(r *Request, x *reactor.Fiber, scratch []byte) []byte {
	s := r.session
	r.ctx, r.reply = x.Context(s.ctx), scratch[:0]
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
	s.done(r)
	return r.reply
}
