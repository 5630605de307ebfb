package reactor

import "sync"

// A source is something a loop watches a descriptor for. Its methods are
// called by the loop.
type source interface {
	// ready is called with the news of the descriptor.
	ready(ev Events)
	// panicked is called when ready panicked.
	panicked(err *PanicError)
	// drain is called when the reactor shuts down: finish what was begun,
	// then go.
	drain()
	// stop is called when the loop stops: whoever still waits must be told,
	// the descriptor retired.
	stop()
}

// A table finds the source of a descriptor number. It is owned by the loop.
//
// The poller's events carry nothing but the number, and one wait brings many
// of them. So that an event for a closed descriptor never reaches a successor
// which was given the same number, a number is retired before it is released:
//
//	retire ──► fresh ──kick──► stale ──kick──► close(2)
//
// A kick that arrives may have been under way when the descriptor was retired,
// and stand in the same batch before the event in question. The second one was
// sent later, so it stands in a later batch, and the kernel forgets the
// descriptor when it is deregistered.
type table struct {
	slots []source  // by descriptor number; nil: not watched
	count int       // slots in use
	fresh []retired // retired since the last kick
	stale []retired // retired before it

	slow sync.WaitGroup // goroutines that close descriptors
}

// retired is a number that waits for its release. gone, if not nil, is opened
// after that. slow tells that its close may wait.
type retired struct {
	fd   int
	gone *Gate
	slow bool
}

func (t *table) at(fd int) source {
	if fd < len(t.slots) {
		return t.slots[fd]
	}
	return nil
}

func (t *table) put(fd int, s source) {
	for fd >= len(t.slots) {
		t.slots = append(t.slots, make([]source, max(64, len(t.slots)))...)
	}
	t.slots[fd] = s
	t.count++
}

// replace makes s the source of a number that has one.
func (t *table) replace(fd int, s source) { t.slots[fd] = s }

func (t *table) drop(fd int) {
	if t.at(fd) != nil {
		t.slots[fd] = nil
		t.count--
	}
}

// all calls f for each source. f may drop it.
func (t *table) all(f func(source)) {
	for _, s := range t.slots {
		if s != nil {
			f(s)
		}
	}
}

// release moves the retired numbers on by one kick, closes those that no
// event can name any more and reports whether some are left.
func (t *table) release() (more bool) {
	for _, r := range t.stale {
		if r.slow {
			t.slow.Go(func() { _ = sysClose(r.fd) })
			continue
		}
		_ = sysClose(r.fd)
		if r.gone != nil {
			r.gone.Open()
		}
	}
	t.stale, t.fresh = t.fresh, t.stale[:0]
	return len(t.stale) > 0
}
