package reactor

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// errand is what can be put into a loop's mailbox.
type errand interface {
	run()
}

// task is a function as an errand.
type task func()

func (t task) run() { t() }

// mailBudget is how many errands a loop runs before it looks at its sockets
// again.
const mailBudget = 512

// A mailbox is the one door into a loop from other goroutines. A loop that has
// been told is not told again: however many errands arrive between two looks,
// they cost one kick.
type mailbox struct {
	mu      sync.Mutex
	mail    []errand
	told    bool // a kick is under way
	stopped bool // nothing is taken any more

	kicking atomic.Int32 // goroutines about to kick: the kick must stay open for them

	// owned by the loop
	batch []errand // taken out of mail, from next on not yet run
	next  int
}

// put adds e and reports whether it was taken, and whether the caller must
// kick the loop.
func (m *mailbox) put(e errand) (taken, kick bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return false, false
	}
	m.mail = append(m.mail, e)
	return true, m.mustKick()
}

// tell reports whether the caller must kick the loop, which is then told.
func (m *mailbox) tell() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.stopped && m.mustKick()
}

// mustKick reports whether the loop has to be told, and takes note that it is.
// Called with mu held.
func (m *mailbox) mustKick() bool {
	if m.told {
		return false
	}
	m.told = true
	m.kicking.Add(1)
	return true
}

// forgetKick takes note that a kick may have come and not been seen.
func (m *mailbox) forgetKick() {
	m.mu.Lock()
	m.told = false
	m.mu.Unlock()
}

// settle waits, after close, for those who are just kicking.
func (m *mailbox) settle() {
	for m.kicking.Load() > 0 {
		runtime.Gosched()
	}
}

// listen takes note of a kick and makes new mail the batch when the last one
// has been run. Called by the loop.
func (m *mailbox) listen() {
	m.mu.Lock()
	m.told = false
	if m.next == len(m.batch) {
		clear(m.batch)
		m.batch, m.mail = m.mail, m.batch[:0]
		m.next = 0
	}
	m.mu.Unlock()
}

// close refuses further mail and returns what had not been run, in order.
func (m *mailbox) close() []errand {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
	rest := slices.Concat(m.batch[m.next:], m.mail)
	m.batch, m.mail, m.next = nil, nil, 0
	return rest
}

// more reports whether errands are waiting.
func (m *mailbox) more() bool {
	if m.next < len(m.batch) {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mail) > 0
}
