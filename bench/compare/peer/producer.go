//go:build linux

package peer

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// MessageSize is the size of every message that is sent, in bytes.
const MessageSize = 64

// Batch is how many pushed messages one byte from the client asks for. The
// client asks before it has got the last ones, so that a producer is seldom
// out of work and nothing collects without bound, however the library queues.
const Batch = 1024

// Message is what is sent: a line of MessageSize bytes.
var Message = append(bytes.Repeat([]byte("kharon!"), 9), '\n')

// A producer is one goroutine that sends a message on each connection in turn,
// as many as their clients have asked for.
type producer struct {
	wake chan struct{} // one slot; those who ask send, the producer receives

	mu      sync.Mutex
	targets []*target
}

// A target is a connection that messages are sent to.
type target struct {
	p     *producer
	write func([]byte) error // from the producer's goroutine
	want  atomic.Int64       // messages asked for and not yet sent
}

// newProducer starts a producer. It lives as long as the process.
func newProducer() *producer {
	p := &producer{wake: make(chan struct{}, 1)}
	go p.run()
	return p
}

// add makes a target of a connection.
func (p *producer) add(write func([]byte) error) *target {
	t := &target{p: p, write: write}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = append(p.targets, t)
	return t
}

// asked takes note that n bytes have come from the client.
func (t *target) asked(n int) {
	t.want.Add(int64(n) * Batch)
	select {
	case t.p.wake <- struct{}{}:
	default:
	}
}

func (p *producer) run() {
	for range p.wake {
		p.mu.Lock()
		targets := p.targets
		p.mu.Unlock()
		for sent := true; sent; {
			sent = false
			for _, t := range targets {
				if t.want.Load() > 0 {
					t.want.Add(-1)
					sent = t.write(Message) == nil || sent
				}
			}
		}
	}
}
