package box

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

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

	// MaxRequests is how many requests of all connections together may be
	// under way, those that wait in streams included, before the input of a
	// connection that brings another one is no longer read: net_msg_max in
	// Tarantool. Nothing is rejected, and connections go on in the order in
	// which they stopped. 0 means no limit. See Server.SetMaxRequests.
	MaxRequests int

	// MaxInFlight is how many requests of one connection may be under way
	// before its input is no longer read. Nothing is rejected. 0 means 4096.
	MaxInFlight int

	// Readahead is how many bytes of the requests of one connection are kept
	// until they are answered before its input is no longer read. One request
	// that is longer is taken nevertheless. 0 means 16 MiB.
	Readahead int

	// MaxPacket is the longest packet accepted, in bytes. A longer one ends
	// the connection with an error that says so. 0 means 2 GiB, as in
	// Tarantool, which is also the most.
	MaxPacket uint64

	// OutputBudget is how much output, in bytes, may wait for a peer that
	// does not read. Beyond half of it the connection's input is not read and
	// events are held back; pushes that do not fit into it do what SlowReader
	// says. 0 means 64 MiB.
	OutputBudget int

	// SlowReader is what pushes do that find the budget used up, and whose
	// function has no policy of its own. 0 means Fail.
	SlowReader SlowReader

	// MaxWatches is how many keys a session may watch; their bytes together
	// are bounded by Readahead. 0 means 65,536.
	MaxWatches int

	// MaxTransactions is how many transactions a session may have open in its
	// streams; BEGIN is an error then. 0 means 1024.
	MaxTransactions int

	// MaxConns is how many clients may be connected; further ones are told so
	// and closed. 0 means no limit.
	MaxConns int

	// MaxConnsPerAddress is MaxConns for the clients of one IP address. 0
	// means no limit.
	MaxConnsPerAddress int

	// IdleTimeout closes connections from which nothing has come for so long
	// and that wait for no answer. 0 means never.
	IdleTimeout time.Duration

	// LoginTimeout is how long a client may take to send its first request. 0
	// means for ever.
	LoginTimeout time.Duration

	// PacketTimeout is how long a packet may take from its first byte to its
	// last, so that nobody keeps a connection by sending a byte now and then.
	// 0 means for ever.
	PacketTimeout time.Duration

	// AuthDelay is how long the answer to wrong credentials is held back;
	// nothing else of that connection is processed meanwhile. It doubles with
	// each failure of a connection, up to 10 seconds. 0 means 100
	// milliseconds; below 0 is no delay.
	AuthDelay time.Duration

	// AuthType is the method of authentication that clients are told to use:
	// iproto.AuthChapSHA1 or iproto.AuthPapSHA256. Either is accepted. Empty
	// means chap-sha1.
	AuthType string

	// PlainPasswords accepts pap-sha256, which sends the password as it is,
	// also on connections that are not encrypted and leave the machine.
	PlainPasswords bool

	// ShutdownTimeout is how long ListenAndServe lets clients and requests
	// take to end. 0 means 3 seconds.
	ShutdownTimeout time.Duration

	// Version is what the greeting announces: three numbers and at most two
	// more characters. Empty means "3.3.0": clients of Tarantool ask a server
	// of 2.10 or later for its features.
	Version string

	// Reactor runs the connections. Nil means one of the server's own, with
	// a loop for every processor.
	Reactor *reactor.Reactor

	// Trace is told of clients and requests. Nil costs nothing.
	Trace *Trace

	// Logger is told of panics in handlers, of broken connections, of
	// connections the server closes and of wrong credentials. Nil is silence.
	Logger *slog.Logger
}

func (c *Config) check() error {
	if c.Mode < 0 || c.Mode > Inline {
		return fmt.Errorf("box: Config.Mode is %d, want Goroutine, Fiber or Inline", c.Mode)
	}
	if c.SlowReader < 0 || c.SlowReader > Disconnect {
		return fmt.Errorf("box: Config.SlowReader is %d, want Fail, Block, DropOldest or Disconnect", c.SlowReader)
	}
	if min(c.Workers, c.MaxRequests, c.MaxInFlight, c.Readahead, c.OutputBudget, c.MaxWatches, c.MaxTransactions, c.MaxConns,
		c.MaxConnsPerAddress) < 0 {
		return errors.New("box: the limits in Config must not be negative")
	}
	if min(c.IdleTimeout, c.LoginTimeout, c.PacketTimeout, c.ShutdownTimeout) < 0 {
		return errors.New("box: the timeouts in Config must not be negative")
	}
	if c.AuthType != "" && c.AuthType != iproto.AuthChapSHA1 && c.AuthType != iproto.AuthPapSHA256 {
		return fmt.Errorf("box: Config.AuthType is %q, want chap-sha1 or pap-sha256", c.AuthType)
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
	setDefault(&c.Readahead, 16<<20)
	setDefault(&c.SlowReader, Fail)
	setDefault(&c.MaxWatches, 1<<16)
	setDefault(&c.MaxTransactions, 1024)
	setDefault(&c.AuthDelay, 100*time.Millisecond)
	setDefault(&c.AuthType, iproto.AuthChapSHA1)
	setDefault(&c.ShutdownTimeout, 3*time.Second)
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
