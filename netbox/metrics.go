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
