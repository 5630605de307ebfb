package netbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Retry is what happens to requests that wait for their answers and have failed
// with their connection: a request that was certainly not executed is made
// again, and so is one that only reads (SELECT, PING, WATCH_ONCE) or was made
// Idempotent. Without Options.ReconnectAfter there is nothing to make them on.
// Answers, errors of the server among them, are final, and so are requests of a
// stream.
type Retry struct {
	// Attempts is how often a request is made at most, the first time included.
	// 0 and 1 mean once.
	Attempts int

	// Pause is how long to wait before the second attempt; each further one
	// waits twice as long, of which a random half is left out. 0 means 10
	// milliseconds.
	Pause time.Duration

	// Budget is how many attempts may be second ones or later ones, as a share
	// of all requests made on the connection so far, beside the first ten: when
	// a server fails most of what it is asked, more of the same does not help.
	// 0 means 0.1.
	Budget float64
}

func (r *Retry) check() error {
	switch {
	case r.Attempts < 0 || r.Pause < 0:
		return fmt.Errorf("netbox: Options.Retry has %d attempts and a pause of %v, want 0 or more", r.Attempts, r.Pause)
	case r.Budget < 0 || r.Budget != r.Budget:
		return fmt.Errorf("netbox: Options.Retry.Budget is %v, want 0 or more", r.Budget)
	}
	if r.Pause == 0 {
		r.Pause = 10 * time.Millisecond
	}
	if r.Budget == 0 {
		r.Budget = 0.1
	}
	return nil
}

// retryBurst is how many attempts the budget never refuses.
const retryBurst = 10

// retry makes a request again that has failed with err, if it may.
func (c *Conn) retry(ctx context.Context, req *Request, use func(*Result) error, err error) error {
	pause := c.opts.Retry.Pause
	for attempt := 1; attempt < c.opts.Retry.Attempts && c.mayRetry(req, err); attempt++ {
		if reactor.Sleep(ctx, pause/2+rand.N(pause/2+1)) != nil {
			return err
		}
		pause *= 2
		c.counts.retries.Add(1)
		err = c.once(ctx, req, use)
	}
	return err
}

// mayRetry reports whether a request that has failed with err may be made again.
func (c *Conn) mayRetry(req *Request, err error) bool {
	var lost *ConnError
	if !errors.As(err, &lost) || req.stream != nil || c.State().final() || !(SafeToRetry(err) || req.repeatable()) {
		return false
	}
	return float64(c.counts.retries.Load()) < retryBurst+c.opts.Retry.Budget*float64(c.Metrics().Requests)
}

// repeatable reports whether executing the request twice does no harm.
func (r *Request) repeatable() bool {
	switch r.typ {
	case iproto.TypeSelect, iproto.TypePing, iproto.TypeWatchOnce:
		return true
	}
	return r.more != nil && r.more.safe
}
