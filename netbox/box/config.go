package box

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Config configures a Server. The zero value works.
type Config struct {
	// Mode is how handlers run that were registered without a mode of their
	// own. 0 means Goroutine.
	Mode Mode

	// Workers is how many handlers may be under way at once in the mode
	// Goroutine, and in the mode Fiber on each loop; further requests wait. 0
	// means 10,000.
	Workers int

	// MaxInFlight is how many requests of one connection may be under way
	// before its input is no longer read. Nothing is rejected. 0 means 4096.
	MaxInFlight int

	// MaxPacket is the longest packet accepted, in bytes. A longer one ends
	// the connection with an error that says so. 0 means 2 GiB, as in
	// Tarantool, which is also the most.
	MaxPacket uint64

	// OutputBudget is how much output, in bytes, may wait for a peer that
	// does not read. Beyond it the connection's input is not read and pushes
	// fail with ErrOutputFull. 0 means 64 MiB.
	OutputBudget int

	// Version is what the greeting announces: three numbers and at most two
	// more characters. Empty means "3.3.0": clients of Tarantool ask a server
	// of 2.10 or later for its features.
	Version string

	// Reactor runs the connections. Nil means one of the server's own, with
	// a loop for every processor.
	Reactor *reactor.Reactor

	// Logger is told of panics in handlers and of broken connections. Nil is
	// silence.
	Logger *slog.Logger
}

func (c *Config) check() error {
	if c.Mode < 0 || c.Mode > Inline {
		return fmt.Errorf("box: Config.Mode is %d, want Goroutine, Fiber or Inline", c.Mode)
	}
	if c.Workers < 0 || c.MaxInFlight < 0 || c.OutputBudget < 0 {
		return errors.New("box: Config.Workers, MaxInFlight and OutputBudget must not be negative")
	}
	if c.MaxPacket > iproto.MaxPacket {
		return fmt.Errorf("box: Config.MaxPacket is %d, want at most %d", c.MaxPacket, uint64(iproto.MaxPacket))
	}
	setDefault(&c.Version, "3.3.0")
	greeting := iproto.Greeting{Version: c.Version, UUID: uuid.Nil.String(), Salt: make([]byte, 32)}
	if _, _, err := iproto.ParseGreeting(greeting.Append(nil)); err != nil {
		return fmt.Errorf("box: Config.Version is %q, want something like 3.3.0: %w", c.Version, err)
	}
	setDefault(&c.Mode, Goroutine)
	setDefault(&c.Workers, 10_000)
	setDefault(&c.MaxInFlight, 4096)
	setDefault(&c.MaxPacket, iproto.MaxPacket)
	setDefault(&c.OutputBudget, 64<<20)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
