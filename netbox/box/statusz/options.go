package statusz

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// Options configures a Page. The zero value works.
type Options struct {
	// Title is the heading of the page. Empty means "Kharon".
	Title string

	// Reactor is the one whose loops are shown: bytes received, turns, stalls,
	// watermarks. Nil means the one that runs the server, see
	// box.Server.Reactor.
	Reactor *reactor.Reactor

	// Interval is the time between two snapshots. 0 means a second, which is
	// for people; the least is 10 milliseconds.
	Interval time.Duration

	// MaxViewers is how many may look at once; further ones are answered
	// 503. 0 means 64.
	MaxViewers int

	// WriteTimeout is how long a viewer may take to read an event before it
	// is dropped. 0 means 10 seconds.
	WriteTimeout time.Duration

	// Logger is told of viewers that are dropped. Nil is silence.
	Logger *slog.Logger
}

// minInterval keeps a slip of the unit from making the sampler spin.
const minInterval = 10 * time.Millisecond

// check fills in what is zero. The error says what is wrong.
func (o *Options) check() error {
	switch {
	case o.Interval < 0 || o.Interval > 0 && o.Interval < minInterval:
		return fmt.Errorf("statusz: Options.Interval is %v, want 0 or at least %v", o.Interval, minInterval)
	case o.MaxViewers < 0:
		return fmt.Errorf("statusz: Options.MaxViewers is %d, want 0 or more", o.MaxViewers)
	case o.WriteTimeout < 0:
		return fmt.Errorf("statusz: Options.WriteTimeout is %v, want 0 or more", o.WriteTimeout)
	}
	setDefault(&o.Title, "Kharon")
	setDefault(&o.Interval, time.Second)
	setDefault(&o.MaxViewers, 64)
	setDefault(&o.WriteTimeout, 10*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
