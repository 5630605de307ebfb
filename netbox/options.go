package netbox

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Options are the options of Connect. The zero value works.
type Options struct {
	// User and Password are who to be. Empty means those of the address, and
	// guest when there are none there either. When User is set, those of the
	// address do not count.
	User, Password string

	// AuthType is the method of authentication: "chap-sha1", or "pap-sha256",
	// for which TLS must be set. Empty means that of the address, or else the
	// server's.
	AuthType string

	// NoWait makes Connect return at once, in StateInitial.
	NoWait bool

	// ConnectTimeout bounds an attempt to connect: dialling, the greeting, the
	// introduction, authentication and the first reading of the schema
	// together; and each later reading of the schema. 0 means 10 seconds.
	ConnectTimeout time.Duration

	// ReconnectAfter is how long to wait before connecting again when that has
	// failed or the connection has broken. 0 means never to connect again.
	ReconnectAfter time.Duration

	// ReconnectMax, when longer than ReconnectAfter, makes each wait twice as
	// long as the one before, up to this, and random: between half of it and
	// all. 0 means that all are the same.
	ReconnectMax time.Duration

	// FatalOnConnectError makes the failure of an OnConnect trigger the end,
	// whatever ReconnectAfter says.
	FatalOnConnectError bool

	// NoSchema leaves the server's schema alone: spaces and indexes are found by
	// number, and by name only if the server knows names. There are no
	// OnSchemaReload triggers then.
	NoSchema bool

	// TupleFormats asks the server to send the names of the fields with tuples,
	// in answers to calls, too; they become larger by them. See Result.Tuple.
	TupleFormats bool

	// RequiredVersion is the least version of the protocol to connect to.
	RequiredVersion uint64

	// RequiredFeatures are what a server must be able to do.
	RequiredFeatures []iproto.Feature

	// NoGracefulShutdown leaves it to the server to break the connection when it
	// shuts down. Otherwise requests are then refused and those under way
	// awaited.
	NoGracefulShutdown bool

	// PingEvery is after how long a silence the server is asked whether it is
	// there. 0 means never.
	PingEvery time.Duration

	// PingTimeout is how long it may take to answer anything then, before the
	// connection is broken with ErrSilent. What counts is a whole packet: both
	// together must be longer than the largest one takes to arrive. 0 means
	// PingEvery.
	PingTimeout time.Duration

	// Retry is what happens to requests that have failed with their connection.
	// The zero value leaves it to the caller.
	Retry Retry

	// MaxQueued is how much output, in bytes, may wait for a server that does
	// not read. Beyond it requests that wait for their answers wait for room
	// first, and others fail with ErrQueueFull. A single request may be larger.
	// 0 means 64 MiB.
	MaxQueued int

	// MaxPacket is the longest packet accepted, in bytes; a longer one ends
	// the connection. 0 means 128 MiB; the most is 2 GiB.
	MaxPacket uint64

	// TLS encrypts the connection. Nil means that it is not. Without a
	// ServerName that of the address is expected.
	TLS *tls.Config

	// Trace has functions to be told of what happens. Nil costs nothing.
	Trace *Trace

	// Reactor runs the connection. Nil means reactor.Default. Connections are to
	// be closed before it is shut down, which otherwise waits for those that are
	// being made again.
	Reactor *reactor.Reactor

	// Logger is told of what no caller can be told of. Nil is silence.
	Logger *slog.Logger

	weighed bool    // Conn.load is kept: somebody chooses by it
	schema  *schema // what is known of the server's; nil: nothing yet
}

func (o *Options) check() error {
	for name, d := range map[string]time.Duration{
		"ConnectTimeout": o.ConnectTimeout, "ReconnectAfter": o.ReconnectAfter, "ReconnectMax": o.ReconnectMax,
		"PingEvery": o.PingEvery, "PingTimeout": o.PingTimeout,
	} {
		if d < 0 {
			return fmt.Errorf("netbox: Options.%s is %v, want 0 or more", name, d)
		}
	}
	if err := o.checkRest(); err != nil {
		return err
	}
	if err := o.Retry.check(); err != nil {
		return err
	}
	return o.fill()
}

func (o *Options) checkRest() error {
	switch {
	case o.MaxPacket > iproto.MaxPacket:
		return fmt.Errorf("netbox: Options.MaxPacket is %d, want at most %d", o.MaxPacket, uint64(iproto.MaxPacket))
	case o.MaxQueued < 0:
		return fmt.Errorf("netbox: Options.MaxQueued is %d, want 0 or more", o.MaxQueued)
	case o.Password != "" && o.User == "":
		return errors.New("netbox: user is not defined: Options.Password is set and Options.User is not")
	case o.AuthType != "" && o.AuthType != iproto.AuthChapSHA1 && o.AuthType != iproto.AuthPapSHA256:
		return &LocalError{iproto.CodeUnknownAuthMethod, fmt.Sprintf("Unknown authentication method '%s'", o.AuthType)}
	case o.AuthType == iproto.AuthPapSHA256 && o.TLS == nil:
		return fmt.Errorf("netbox: Options.AuthType: %w", errPlainPap)
	case o.ReconnectMax > 0 && o.ReconnectAfter == 0:
		return errors.New("netbox: Options.ReconnectMax is set and Options.ReconnectAfter is not")
	case o.PingTimeout > 0 && o.PingEvery == 0:
		return errors.New("netbox: Options.PingTimeout is set and Options.PingEvery is not")
	}
	for _, f := range o.RequiredFeatures {
		if f >= 64 {
			return fmt.Errorf("netbox: Options.RequiredFeatures has %v, want less than 64", f)
		}
	}
	return nil
}

// fill puts the defaults into their places.
func (o *Options) fill() error {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 10 * time.Second
	}
	if o.PingTimeout == 0 {
		o.PingTimeout = o.PingEvery
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = 128 << 20
	}
	if o.MaxQueued == 0 {
		o.MaxQueued = 64 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Reactor == nil {
		r, err := reactor.Default()
		if err != nil {
			return err
		}
		o.Reactor = r
	}
	return nil
}
