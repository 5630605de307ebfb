package reactor

import (
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// loopBuffer is the size of the buffer a loop reads into, in bytes.
	loopBuffer = 256 << 10
	// readBudget is how many bytes a loop reads from one descriptor before
	// the others have their turn.
	readBudget = 1 << 20
)

// A Loop is one goroutine that waits for the news of many descriptors and
// calls their handlers. Everything a loop owns is touched by that goroutine
// alone, so it has no locks; the doors in from outside are Post and the
// coalesced kick behind it.
type Loop struct {
	// immutable after start
	reactor *Reactor
	id      int
	cfg     *Config
	log     *slog.Logger
	poll    *poller
	workers *workers
	kick    kick
	start   time.Time
	done    chan struct{} // closed by the loop when it has ended

	mailbox // guarded by its own mutex

	// owned by the loop
	table      table
	buf        []byte        // what is read into; valid during one callback
	now        time.Duration // when the present turn began
	backlog    []*Conn       // connections whose read budget ended before their data
	udp        *udpBoxes     // what UDP sockets share; nil: there was none yet
	timers     timerHeap     // see timer.go
	waker      *time.Timer
	wakeAt     time.Duration // what waker is armed for; 0: not
	fibers     *Fiber        // begun and not ended
	fiberCount int
	current    *Fiber       // the last one resumed
	runnable   fiberList    // woken on this loop
	yielded    fiberList    // those that let others go first
	spare      []*coroutine // free
	deferred   []func()     // for the end of the turn
	deferring  []func()     // being called

	fenced   source // whose callback was the last to end, in whatever way; nil: none, or a task since
	work     int    // what was done; see Manual.Step
	woken    int    // goroutines woken by WakeOn; see giveWay
	cut      []byte // where the goroutine before this one ended; nil: it is the first. See replace
	stopped  bool
	ended    bool          // nothing is begun any more
	drained  chan struct{} // closed when nothing is watched any more; nil: not asked for
	draining bool          // nothing new is begun
	races    map[*race]struct{}
	stall    stallWatch
	pinErr   error // why the loop does not have the thread it wants
	owner    owner

	goroutine atomic.Uintptr // the loop's own; see self
	here      atomic.Uintptr // the one that runs for the loop now: its own, or a fiber's
	counts    counters
	conns     atomic.Int64 // event-driven connections open on this loop
	load      atomic.Int64 // connections and watched descriptors, those on their way included
}

func newLoop(r *Reactor, id int) (*Loop, error) {
	p, err := openPoller()
	if err != nil {
		return nil, err
	}
	k, err := openKick()
	if err != nil {
		_ = p.close()
		return nil, err
	}
	l := &Loop{reactor: r, id: id, cfg: &r.cfg, log: r.cfg.Logger, poll: p, kick: k, workers: r.workers,
		start: time.Now(), done: make(chan struct{}), buf: make([]byte, loopBuffer)}
	if err := p.add(k.fd); err != nil {
		l.free()
		return nil, err
	}
	return l, nil
}

func (l *Loop) free() {
	l.kick.close()
	_ = l.poll.close()
}

// run is the loop's goroutine.
func (l *Loop) run() {
	defer l.replace()
	l.identify(self())
	l.owner.take()
	l.pinErr = l.pin()
	if l.cut != nil {
		l.mend()
	}
	if !l.stopped {
		if err := l.poll.run(l.event); err != nil {
			l.log.Error("reactor: the poller failed, its loop ends", "loop", l.id, "err", err)
		}
	}
	l.end()
	l.identify(0)
	close(l.done)
}

// event is called by the poller for each descriptor with news.
func (l *Loop) event(fd int, ev Events) (goOn bool) {
	if m := l.cfg.Manual; m != nil {
		m.begin()
		defer func(before int) { m.end(l.work > before) }(l.work)
	}
	began := l.clock()
	l.now = began
	var what any // nil: what others have left for the loop
	if fd == l.kick.fd {
		l.kicked()
	} else if s := l.table.at(fd); s != nil {
		l.work++
		what = s
		l.dispatch(s, ev)
	}
	l.endTurn()
	l.turned(began, what)
	if l.woken >= wokenMost {
		l.giveWay()
	}
	return !l.stopped
}

// wokenMost is how many goroutines the loop wakes before it lets them run, and
// turnOfQueue how many the runtime runs at most before it looks at those that
// wait behind all others, such as a loop that has called Gosched.
const (
	wokenMost   = 16
	turnOfQueue = 61
)

// giveWay lets the goroutines run that the loop has woken, if there is one
// processor for all. When the poller finds nothing more it calls Gosched, too,
// but then it blocks: with its turn in the middle of the others, they would wait
// until the runtime's monitor finds the processor asleep.
func (l *Loop) giveWay() {
	if runtime.GOMAXPROCS(0) == 1 {
		for ; l.woken > 0; l.woken -= turnOfQueue {
			runtime.Gosched()
		}
	}
	l.woken = 0
}

func (l *Loop) dispatch(s source, ev Events) {
	defer l.fence(s)
	s.ready(ev)
}

// fence is deferred around every callback of a source: its panic ends that
// source and nothing else.
func (l *Loop) fence(s source) {
	l.fenced = s
	if v := recover(); v != nil {
		l.counts.panics.Add(1)
		err := &PanicError{Value: v, Stack: debug.Stack()}
		l.log.Error("reactor: handler panicked", "loop", l.id, "panic", v, "stack", string(err.Stack))
		s.panicked(err)
	}
}

// guard runs f and survives its panic.
func (l *Loop) guard(f func()) {
	l.fenced = nil
	defer func() {
		if v := recover(); v != nil {
			l.counts.panics.Add(1)
			l.log.Error("reactor: task panicked", "loop", l.id, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// kicked runs what others left for the loop: one budget of errands, due
// timers, descriptors with data left over, and numbers to release.
func (l *Loop) kicked() {
	l.counts.kicks.Add(1)
	l.kick.seen()
	l.stall.mark = l.now
	l.listen()
	more := l.table.release()
	l.runMail()
	l.runTimers()
	l.resume()
	l.runSlice()
	if more || len(l.backlog) > 0 || l.more() {
		l.work++ // there is more to do
		l.tell()
	}
}

// runMail runs one budget of errands.
func (l *Loop) runMail() {
	from, until := l.next, l.stall.step()
	for n := 0; n < mailBudget && l.next < len(l.batch) && !l.stopped; n++ {
		e := l.batch[l.next]
		l.next++
		l.work++
		l.guard(e.run)
		if l.next-from == until {
			l.spentOn(l.batch[from:l.next])
			from, until = l.next, l.stall.step()
		}
	}
	l.spentOn(l.batch[from:l.next])
}

// resume goes on with the connections whose budget had ended.
func (l *Loop) resume() {
	n := len(l.backlog)
	for _, c := range l.backlog[:n] {
		c.inBacklog = false
		l.work++
		l.dispatch(c, Readable|ended)
		l.spent(c)
	}
	l.backlog = append(l.backlog[:0], l.backlog[n:]...)
}

// tell kicks the loop unless it has been told already. Safe to call from any
// goroutine.
func (l *Loop) tell() {
	if l.mailbox.tell() {
		l.kickNow()
	}
}

func (l *Loop) kickNow() {
	l.kick.now()
	l.kicking.Add(-1)
}

// send puts an errand into the mailbox. Safe to call from any goroutine.
func (l *Loop) send(e errand) error {
	taken, kick := l.put(e)
	if kick {
		l.kickNow()
	}
	if !taken {
		return ErrStopped
	}
	return nil
}

// Post runs f on the loop, after what was posted before it. A panic in f is
// logged and goes no further. The error is ErrStopped when the loop has
// stopped, and then f is not run. Safe to call from any goroutine.
func (l *Loop) Post(f func()) error { return l.send(task(f)) }

// ID returns the loop's number within its reactor, from 0. Safe to call from
// any goroutine.
func (l *Loop) ID() int { return l.id }

// clock is the loop's monotonic time, above 0.
func (l *Loop) clock() time.Duration {
	if m := l.cfg.Manual; m != nil {
		return m.passed() + 1
	}
	return time.Since(l.start) + 1
}

// wall is the time of day by the loop's clock. Safe to call from any goroutine.
func (l *Loop) wall() time.Time {
	if m := l.cfg.Manual; m != nil {
		return m.Now()
	}
	return time.Now()
}

// passed reports whether a deadline, if there is one, has passed. Safe to call
// from any goroutine.
func (l *Loop) passed(deadline time.Time) bool {
	return !deadline.IsZero() && !l.wall().Before(deadline)
}

func (l *Loop) mustOwn(what string) { l.owner.must(what) }

// attach watches fd for s. Called on the loop.
func (l *Loop) attach(fd int, s source) error { return l.attachBy(l.poll.add, fd, s) }

// attachReader is attach for reading alone. Called on the loop.
func (l *Loop) attachReader(fd int, s source) error { return l.attachBy(l.poll.addReader, fd, s) }

func (l *Loop) attachBy(add func(fd int) error, fd int, s source) error {
	if fd == reservedFD {
		return errReservedFD
	}
	l.table.put(fd, s)
	if err := add(fd); err != nil {
		l.table.drop(fd)
		return err
	}
	return nil
}

// detach stops watching fd, which stays open. Called on the loop.
func (l *Loop) detach(fd int) {
	l.table.drop(fd)
	_ = l.poll.remove(fd)
	l.checkDrained()
}

// checkDrained tells who waits for it that nothing is left to do.
func (l *Loop) checkDrained() {
	if l.drained != nil && l.table.count+l.fiberCount == 0 {
		close(l.drained)
		l.drained = nil
	}
}

// retire stops watching fd and closes it once no event can name it, and then
// opens gone, if there is one. Called on the loop.
func (l *Loop) retire(fd int, gone *Gate) {
	l.detach(fd)
	l.table.fresh = append(l.table.fresh, retired{fd: fd, gone: gone})
	l.tell()
}

// retireSlow is retire for a descriptor whose close(2) may wait, which it does
// on a goroutine. Called on the loop.
func (l *Loop) retireSlow(fd int) {
	l.detach(fd)
	l.table.fresh = append(l.table.fresh, retired{fd: fd, slow: true})
	l.tell()
}

// drain asks every source to finish and closes done when none is left. Called
// on the loop.
func (l *Loop) drain(done chan struct{}) {
	l.draining = true
	l.drained = done
	l.table.all(func(s source) { l.guard(s.drain) })
	l.stopRaces()
	l.checkDrained()
}

// end stops every source, runs what is left in the mailbox and gives the
// loop's own descriptors back.
func (l *Loop) end() {
	l.stopped, l.ended = true, true
	l.table.all(func(s source) { l.guard(s.stop) })
	for _, e := range l.mailbox.close() {
		l.guard(e.run)
	}
	l.runnable.run()
	l.unwind()
	l.table.all(func(s source) { l.guard(s.stop) })
	if l.waker != nil {
		l.waker.Stop()
	}
	l.stopRaces()
	l.publish()
	l.table.release()
	l.table.release()
	l.table.slow.Wait()
	l.settle()
	l.free()
}
