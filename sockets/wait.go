package sockets

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// Events is a set of what a socket may be ready for: Readable, Writable or
// both. String gives "", "R", "W" or "RW".
type Events = reactor.Events

// The members of Events. An end and an error are both.
const (
	Readable = reactor.Readable
	Writable = reactor.Writable
)

// ParseEvents returns the events that letters stand for, "R" and "W" in any
// order, number and case. Another letter, or none, is ErrInvalid. Safe to call
// from any goroutine.
func ParseEvents(letters string) (ev Events, err error) {
	for _, c := range strings.ToUpper(letters) {
		switch c {
		case 'R':
			ev |= Readable
		case 'W':
			ev |= Writable
		default:
			return 0, invalid("unknown event " + strconv.QuoteRune(c))
		}
	}
	return ev, checkEvents(ev)
}

func checkEvents(ev Events) error {
	if ev == 0 || ev&^(Readable|Writable) != 0 {
		return invalid("events to wait for must be Readable, Writable or both")
	}
	return nil
}

// Readable waits until there is something to read: bytes, which may be in the
// buffer already, a connection to accept, the end or an error. When the timeout
// is over first it returns false. Safe to call from any goroutine.
func (s *Socket) Readable(timeout time.Duration) (bool, error) {
	ev, err := s.WaitFor(Readable, timeout)
	return ev != 0, err
}

// Writable waits until there is room to write, or an error. When the timeout is
// over first it returns false. Safe to call from any goroutine.
func (s *Socket) Writable(timeout time.Duration) (bool, error) {
	ev, err := s.WaitFor(Writable, timeout)
	return ev != 0, err
}

// Wait is WaitFor with both events. Safe to call from any goroutine.
func (s *Socket) Wait(timeout time.Duration) (Events, error) {
	return s.WaitFor(Readable|Writable, timeout)
}

// WaitFor waits until the socket is ready for one of the events and returns for
// which of them it is. When the timeout is over first it returns none, and no
// error; a deadline of the socket is ErrTimeout. It takes no turn: any number
// may wait. No events is ErrInvalid. Safe to call from any goroutine.
func (s *Socket) WaitFor(ev Events, timeout time.Duration) (Events, error) {
	lim := limit{timeout: timeout, of: s}
	if err := checkEvents(ev); err != nil {
		return 0, s.opError("wait", err)
	}
	err := s.enter()
	if err != nil {
		return 0, s.opError("wait", err)
	}
	defer s.leave()
	if err := s.desc.Expired(ev); err != nil {
		return 0, s.opError("wait", err)
	}
	got, err := watch(s.desc, s.fd, ev, &lim, s.hasBytes)
	if err == ErrTimeout && s.desc.Expired(ev) == nil { //nolint:errorlint // not wrapped yet
		err = nil
	}
	return got, s.opError("wait", err)
}

func (s *Socket) hasBytes() bool { return s.Buffered() > 0 }

// watch waits until what desc watches is ready for one of ev. buffered reports
// that it is readable for another reason.
func watch(desc *reactor.Desc, fd int, ev Events, lim *limit, buffered func() bool) (Events, error) {
	for {
		ticket := desc.Ticket()
		got, err := sysPoll(fd, ev)
		if ev&Readable != 0 && buffered() {
			got |= Readable
		}
		switch {
		case err != nil:
			return 0, systemError("poll", err)
		case got != 0:
			return got, nil
		case lim.once():
			return 0, ErrTimeout
		}
		if err := awaitDesc(desc, ev, ticket, lim); err != nil {
			return 0, err
		}
	}
}

// IOWait waits until fd, which may be any descriptor and stays the caller's, is
// ready for one of the events, and returns for which of them it is. A regular
// file is always ready. When the timeout is over first it returns none, and no
// error. No events is ErrInvalid, a closed descriptor syscall.EBADF. When it has
// to wait it watches a copy of fd: a Socket's own Wait costs less. Safe to call
// from any goroutine but a loop's.
func IOWait(fd int, ev Events, timeout time.Duration) (Events, error) {
	lim := limit{timeout: timeout}
	return ioWait(background, fd, ev, lim.until())
}

// IOWaitContext is IOWait until ctx is done: then it is ErrTimeout if its
// deadline has passed, and context.Canceled and its cause otherwise. Safe to
// call from any goroutine, and from fibers.
func IOWaitContext(ctx context.Context, fd int, ev Events) (Events, error) {
	return ioWait(ctx, fd, ev, time.Time{})
}

func ioWait(ctx context.Context, fd int, ev Events, until time.Time) (got Events, err error) {
	var r *reactor.Reactor
	if err = checkEvents(ev); err == nil {
		r, err = reactor.Default()
	}
	if err == nil {
		if got, err = r.WaitFD(ctx, fd, ev, until); err == nil {
			return got, nil
		}
	}
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		err = interrupted(ctx)
	}
	return 0, &net.OpError{Op: "iowait", Err: err}
}
