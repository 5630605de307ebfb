package reactor

import "sync/atomic"

// A quota counts the connections of a listener, and no more than max of them.
type quota struct {
	max  int64 // 0: no limit
	used atomic.Int64
	full atomic.Bool // somebody waits for less
}

// take counts one more, if there is room. If not, the next give is the taker's
// news; first tells that nobody has waited for it before.
func (q *quota) take() (taken, first bool) {
	for {
		n := q.used.Load()
		if q.max > 0 && n >= q.max {
			first = !q.full.Swap(true) || first
			if q.used.Load() >= q.max { // nobody gave one back before full was set
				return false, first
			}
			continue
		}
		if q.used.CompareAndSwap(n, n+1) {
			return true, false
		}
	}
}

// give counts one less and reports whether somebody waits for it.
func (q *quota) give() (awaited bool) {
	q.used.Add(-1)
	return q.full.Load() && q.full.Swap(false)
}
