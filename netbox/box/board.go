package box

import (
	"sync"

	"github.com/kharon-net/kharon/reactor"
)

// eventBudget is how many events a loop sends before its other work has a
// turn.
const eventBudget = 512

// A board is the part of the topics that one loop has: who of its sessions
// watches what, and who is due an event.
//
//	         WATCH             sent              WATCH: an acknowledgement
//	(none) ────────► due ──────────► running ─────────┬─ same value ──► idle
//	                  ▲                 ▲             │                  │
//	                  └─────────────────┼── newer ────┘                  │
//	                  └─────────────────┴──────────── broadcast ─────────┘
//
// A session that does not take its output is parked: its events are sent, with
// the values of then, when it has drained.
type board struct {
	// immutable
	loop *reactor.Loop

	// owned by the loop
	watches map[*topic][]*watch // in no order: one that ends gives its place to the last
	due     []*watch            // in the order in which they became so
	sending bool                // send is going to be called

	mu     sync.Mutex
	news   []*topic // broadcast, and not yet seen by the loop
	called bool     // the loop is on its way to them
}

// A watch is one key that one session watches.
type watch struct {
	session *session
	topic   *topic
	sync    uint64 // of the last WATCH
	version uint64 // of the value sent last
	place   int    // among those of the topic on the board
	state   watchState
	gone    bool // UNWATCH, or the session has ended
}

// A watchState is where a watch stands.
type watchState uint8

const (
	watchDue     watchState = iota // an event is going to be sent
	watchRunning                   // one was sent, and not acknowledged
	watchIdle                      // it was, and there is none newer
)

// boardOf returns the board of a loop. Called on that loop.
func (s *Server) boardOf(l *reactor.Loop) *board {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boards[l]
	if b == nil {
		b = &board{loop: l, watches: map[*topic][]*watch{}}
		s.boards[l] = b
	}
	return b
}

// has reports whether a topic is watched here. Called on the loop.
func (b *board) has(t *topic) bool { return len(b.watches[t]) > 0 }

// join puts a watch on the board. Called on the loop.
func (b *board) join(w *watch) {
	list := b.watches[w.topic]
	w.place = len(list)
	b.watches[w.topic] = append(list, w)
}

// part is the opposite of join. Called on the loop.
func (b *board) part(w *watch) {
	list := b.watches[w.topic]
	last := len(list) - 1
	list[w.place] = list[last]
	list[w.place].place = w.place
	list[last] = nil
	b.watches[w.topic] = list[:last]
	if last == 0 {
		delete(b.watches, w.topic)
	}
}

// call tells the loop of a broadcast, unless it is on its way. Safe to call
// from any goroutine.
func (b *board) call(t *topic) {
	b.mu.Lock()
	b.news = append(b.news, t)
	tell := !b.called
	b.called = true
	b.mu.Unlock()
	if tell {
		_ = b.loop.Post(b.read) // a loop that has stopped has no sessions
	}
}

// read makes those due who are idle and watch what is new.
func (b *board) read() {
	b.mu.Lock()
	news := b.news
	b.news, b.called = nil, false
	b.mu.Unlock()
	for _, t := range news {
		version := t.value.Load().version
		for _, w := range b.watches[t] {
			if w.state == watchIdle && w.version != version {
				b.schedule(w)
			}
		}
	}
}

// schedule makes a watch due. Called on the loop.
func (b *board) schedule(w *watch) {
	w.state = watchDue
	b.due = append(b.due, w)
	b.arrange()
}

// arrange has send called at the end of the turn.
func (b *board) arrange() {
	if !b.sending {
		b.sending = true
		b.loop.Defer(b.send)
	}
}

// send sends the events that are due, some at a time.
func (b *board) send() {
	b.sending = false
	n, left := 0, eventBudget
	for ; n < len(b.due) && left > 0; n++ {
		if w := b.due[n]; !w.gone {
			w.send()
			left--
		}
		b.due[n] = nil
	}
	b.due = b.due[n:]
	if len(b.due) == 0 {
		b.due = nil
		return
	}
	b.sending = true
	if b.loop.Post(b.send) != nil {
		b.due = nil
	}
}

// send sends the value of now.
func (w *watch) send() {
	x := w.session
	if x.full() {
		x.parked = append(x.parked, w)
		x.conn.WantDrain()
		return
	}
	v := w.topic.value.Load()
	w.version, w.state = v.version, watchRunning
	x.sendEvent(w.sync, w.topic.key, v)
}
