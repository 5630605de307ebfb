package box

import "sync"

const (
	// keepIdle is how many workers stay when there is nothing to do.
	keepIdle = 64
	// keepScratch is how large the buffer may be that a worker keeps for the
	// next answer, in bytes.
	keepScratch = 1 << 20
)

// A pool runs requests on goroutines that may block. It keeps the order of
// arrival when starting them.
//
// One worker drains the queue alone as long as its handlers do not block,
// which costs no switch between goroutines. So that one which blocks holds
// nobody up, a worker that takes a request while others are waiting sees to it
// that another one is on its way: one at a time, because a worker that is just
// waking takes what is there before it wakes the next.
type pool struct {
	max int

	mu      sync.Mutex
	queue   ring
	idle    []*worker // parked, the last one to park at the end
	workers int       // all of them
	waking  bool      // one is on its way
	closed  bool
}

// A worker is a goroutine of the pool. It waits on wake, where the pool sends.
type worker struct {
	wake    chan struct{}
	scratch []byte

	dismissed bool // the goroutine ends because the pool has no use for it
}

func newPool(limit int) *pool { return &pool{max: limit} }

// put queues requests. Safe to call from any goroutine.
func (p *pool) put(batch []*Request) {
	p.mu.Lock()
	for _, r := range batch {
		p.queue.push(r)
	}
	w := p.summon()
	p.mu.Unlock()
	p.send(w)
}

// summon decides whether a worker has to come, and marks it as on its way.
// Called with mu held; send follows without it.
func (p *pool) summon() (w *worker) {
	if p.waking || p.queue.len == 0 {
		return nil
	}
	if n := len(p.idle); n > 0 {
		w = p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
	} else if p.workers < p.max && !p.closed {
		w = &worker{}
		p.workers++
	} else {
		return nil
	}
	p.waking = true
	return w
}

func (p *pool) send(w *worker) {
	switch {
	case w == nil:
	case w.wake == nil:
		w.wake = make(chan struct{}, 1)
		go p.work(w)
	default:
		w.wake <- struct{}{}
	}
}

// work is the goroutine of a worker.
func (p *pool) work(w *worker) {
	defer p.replace(w)
	awake := true // summoned, and not yet at work
	for {
		p.mu.Lock()
		if awake {
			p.waking, awake = false, false
		}
		r := p.queue.pop()
		if r == nil {
			if !p.park(w) {
				w.dismissed = true
				return
			}
			<-w.wake
			awake = true
			continue
		}
		next := p.summon()
		last := p.queue.len == 0
		p.mu.Unlock()
		p.send(next)
		w.scratch = r.run(w.scratch, last)
		if cap(w.scratch) > keepScratch {
			w.scratch = nil
		}
	}
}

// replace starts another goroutine for a worker whose handler has ended its
// own with runtime.Goexit.
func (p *pool) replace(w *worker) {
	if !w.dismissed {
		go p.work(&worker{wake: make(chan struct{}, 1)})
	}
}

// park makes w one of the idle, or ends it. Called with mu held, which it lets
// go.
func (p *pool) park(w *worker) (stay bool) {
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= keepIdle {
		p.workers--
		return false
	}
	p.idle = append(p.idle, w)
	return true
}

// close ends the workers when the queue is empty. Handlers that run are not
// waited for.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.idle {
		w.wake <- struct{}{}
	}
	p.idle = nil
}

// ring is a queue of requests that grows.
type ring struct {
	buf  []*Request
	head int
	len  int
}

func (q *ring) push(r *Request) {
	if q.len == len(q.buf) {
		buf := make([]*Request, max(64, 2*len(q.buf)))
		n := copy(buf, q.buf[q.head:])
		copy(buf[n:], q.buf[:q.head])
		q.buf, q.head = buf, 0
	}
	q.buf[(q.head+q.len)&(len(q.buf)-1)] = r
	q.len++
}

func (q *ring) pop() *Request {
	if q.len == 0 {
		return nil
	}
	r := q.buf[q.head]
	q.buf[q.head] = nil
	q.head = (q.head + 1) & (len(q.buf) - 1)
	q.len--
	return r
}
