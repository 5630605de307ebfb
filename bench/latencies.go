package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The histograms reach from a tenth of a microsecond to ten seconds, in steps
// of less than a percent.
const (
	shortest = 100 * time.Nanosecond
	longest  = 10 * time.Second
	digits   = 2
)

// latencies counts how long requests took. It is owned by one goroutine at a
// time and allocates nothing once made.
type latencies struct {
	h *hdrhistogram.Histogram
}

func newLatencies() *latencies {
	return &latencies{hdrhistogram.New(int64(shortest), int64(longest), digits)}
}

// add counts a request that took d; one beyond the longest counts as that.
func (l *latencies) add(d time.Duration) {
	_ = l.h.RecordValue(int64(min(max(d, shortest), longest)))
}

// drain moves what others have counted into l.
func (l *latencies) drain(others ...*latencies) *latencies {
	for _, o := range others {
		l.h.Merge(o.h)
		o.h.Reset()
	}
	return l
}

// micros returns the latency in microseconds that percent of the requests did
// not exceed.
func (l *latencies) micros(percent float64) float64 {
	return float64(l.h.ValueAtPercentile(percent)) / float64(time.Microsecond)
}
