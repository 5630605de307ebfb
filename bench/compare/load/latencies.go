//go:build linux

package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencies are the times between sending and the first answer, from a
// microsecond to a minute.
type latencies struct{ h *hdrhistogram.Histogram }

func newLatencies() *latencies {
	return &latencies{hdrhistogram.New(1, time.Minute.Microseconds(), 2)}
}

func (l *latencies) add(d time.Duration) {
	_ = l.h.RecordValue(max(d.Microseconds(), 1)) // beyond a minute the run has failed anyway
}

// drain returns two percentiles and forgets everything.
func (l *latencies) drain() (p50, p99 time.Duration) {
	at := func(q float64) time.Duration { return time.Duration(l.h.ValueAtQuantile(q)) * time.Microsecond }
	p50, p99 = at(50), at(99)
	l.h.Reset()
	return p50, p99
}
