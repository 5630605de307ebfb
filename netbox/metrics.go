package netbox

import "sync/atomic"

// Counts are what has passed through a connection.
type Counts struct {
	Requests  uint64 // sent
	Answers   uint64 // to them, errors included
	Pushes    uint64 // out-of-band messages
	Events    uint64 // of watched keys
	Unmatched uint64 // packets nobody waited for
}

func (c *Counts) add(d *Counts) {
	c.Requests += d.Requests
	c.Answers += d.Answers
	c.Pushes += d.Pushes
	c.Events += d.Events
	c.Unmatched += d.Unmatched
}

// Metrics are a snapshot of a Conn's life. What is counted is counted since
// Connect.
type Metrics struct {
	Counts
	State      State
	InFlight   int    // requests without an answer
	BytesIn    uint64 // of packets received
	BytesOut   uint64 // handed over to be sent
	Connects   uint64 // connections that became active
	Failures   uint64 // attempts to connect that failed
	Reconnects uint64 // attempts to connect after the first one
	Reloads    uint64 // readings of a schema that had changed
	Retries    uint64 // of requests
}

// connCounts count what happens seldom.
type connCounts struct {
	connects, failures, reconnects, reloads, retries atomic.Uint64
}

// Metrics returns what has happened so far. Safe to call from any goroutine.
func (c *Conn) Metrics() Metrics {
	m := Metrics{State: c.State(), Connects: c.counts.connects.Load(), Failures: c.counts.failures.Load(),
		Reconnects: c.counts.reconnects.Load(), Reloads: c.counts.reloads.Load(), Retries: c.counts.retries.Load()}
	c.mu.Lock()
	l := c.link
	m.Counts, m.BytesIn, m.BytesOut = c.past.Counts, c.past.BytesIn, c.past.BytesOut
	c.mu.Unlock()
	if l != nil {
		l.measure(&m)
	}
	return m
}

// measure adds what has passed through the link.
func (l *link) measure(m *Metrics) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m.Counts.add(&l.counts)
	m.InFlight = l.slots.taken()
	m.BytesIn += l.bytesIn
	m.BytesOut += l.handed
}
