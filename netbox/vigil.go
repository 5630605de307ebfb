package netbox

import (
	"fmt"
	"os"
	"time"
)

// ErrSilent is the reason of a connection that has ended because the server
// answered nothing, not even a ping, for too long. It is
// os.ErrDeadlineExceeded.
var ErrSilent = fmt.Errorf("netbox: the server is silent: %w", os.ErrDeadlineExceeded)

// A vigil finds out whether the server is still there: after a time without a
// word of it, it pings, and when nothing comes after that either, it ends the
// connection. Owned by the worker.
type vigil struct {
	link     *link
	every    time.Duration // 0: never
	patience time.Duration

	heard uint64    // bytes when it looked last
	due   time.Time // when it looks next; zero: it has not begun
	asked bool      // a ping is under way
}

// next returns when to look, zero for never.
func (v *vigil) next(now time.Time) time.Time {
	if v.every > 0 && v.due.IsZero() {
		v.heard, v.due = v.link.offset, now.Add(v.every)
	}
	return v.due
}

// look looks, when it is time.
func (v *vigil) look(now time.Time) {
	if now.Before(v.due) {
		return
	}
	heard := v.link.offset
	switch {
	case heard != v.heard:
		v.asked = false
		v.due = now.Add(v.every)
	case v.asked:
		v.asked = false
		v.due = now.Add(v.every)
		v.link.abort(ErrSilent)
	default:
		v.asked = true
		v.due = now.Add(v.patience)
		v.ping()
	}
	v.heard = heard
}

func (v *vigil) ping() {
	req := Ping()
	f, d, err := v.link.put(&req, nil, false)
	if err != nil {
		return
	}
	f.state.Store(abandoned) // any answer will do
	v.link.see(d)
}
