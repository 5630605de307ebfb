package netbox

import (
	"fmt"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// ConsoleOptions are the options of ConnectConsole. The zero value works.
type ConsoleOptions struct {
	// ConnectTimeout bounds dialling, the greeting and the first exchange
	// together. 0 means 10 seconds.
	ConnectTimeout time.Duration

	// MaxAnswer is the longest answer accepted, in bytes; a longer one ends the
	// connection. The reactor's MaxUnconsumed is a bound, too. 0 means 16 MiB.
	MaxAnswer int

	// MaxPending is how many lines may wait for their answers, those that nobody
	// waits for any more included; the binary protocol has its own limit, a
	// million. 0 means 1024.
	MaxPending int

	// OnPush is called with each out-of-band message, a YAML document, while a
	// line is evaluated, by the text protocol. Called by the loop; must not
	// block. Nil ignores them.
	OnPush func(yaml string)

	// Reactor runs the connection. Nil means reactor.Default.
	Reactor *reactor.Reactor
}

func (o *ConsoleOptions) check() (err error) {
	if o.ConnectTimeout < 0 || o.MaxAnswer < 0 || o.MaxPending < 0 {
		return fmt.Errorf("netbox: ConsoleOptions has ConnectTimeout %v, MaxAnswer %d and MaxPending %d, want 0 or more",
			o.ConnectTimeout, o.MaxAnswer, o.MaxPending)
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 10 * time.Second
	}
	if o.MaxAnswer == 0 {
		o.MaxAnswer = 16 << 20
	}
	if o.MaxPending == 0 {
		o.MaxPending = 1024
	}
	if o.Reactor == nil {
		o.Reactor, err = reactor.Default()
	}
	return err
}
