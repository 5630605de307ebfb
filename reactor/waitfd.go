package reactor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// WaitFD waits until the descriptor fd is ready for something of ev, which is
// Readable, Writable or both, and returns what it is ready for: as poll(2) for
// one descriptor, without a thread that waits. When the time until (zero: no
// limit) passes first that is nothing, 0, and no error; one that has passed
// already asks once. A descriptor that has ended or is broken is ready for all of
// ev, and so is a regular file. That fd is non-blocking is not required.
//
// fd stays the caller's, and any number of callers may wait for it, also when a
// loop watches it already: what is watched is a duplicate, which is closed before
// WaitFD returns or soon after. That fd is closed meanwhile does not end the
// wait, as the duplicate is open still. A fiber's wait is on its own loop.
//
// The error is ctx's cause, ErrStopped, or that of a system call, such as
// syscall.EBADF for no open descriptor, syscall.EMFILE when there is none left
// for the duplicate, and syscall.EINVAL for other events. Safe to call from any
// goroutine, and from fibers.
func (r *Reactor) WaitFD(ctx context.Context, fd int, ev Events, until time.Time) (Events, error) {
	if ev == 0 || ev&^(Readable|Writable) != 0 {
		return 0, fmt.Errorf("reactor: waiting for the events %d of descriptor %d: %w", ev, fd, syscall.EINVAL)
	}
	ready, err := sysPoll(fd, ev)
	l := r.loopOf(ctx)
	if ready != 0 || err != nil || l.passed(until) {
		return ready, err
	}
	dup, err := sysDup(fd)
	if err != nil {
		return 0, err
	}
	d, err := l.Watch(dup)
	if err != nil {
		_ = sysClose(dup)
		return 0, err
	}
	defer d.Close() //nolint:errcheck // it is closed already when the loop has stopped
	return d.awaitPoll(ctx, ev, until)
}

// awaitPoll waits until poll finds the descriptor ready.
func (d *Desc) awaitPoll(ctx context.Context, ev Events, until time.Time) (Events, error) {
	for ticket := (Ticket{}); ; {
		err := d.Await(ctx, ev, ticket, until)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil:
			return 0, nil
		case errors.Is(err, net.ErrClosed):
			return 0, ErrStopped
		case err != nil:
			return 0, err
		case d.isAlways():
			return ev, nil
		}
		ticket = d.Ticket()
		if ready, err := sysPoll(d.fd, ev); ready != 0 || err != nil {
			return ready, err
		}
	}
}

// isAlways reports whether the kernel has no readiness for the descriptor.
func (d *Desc) isAlways() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.always
}
