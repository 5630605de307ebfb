package netbox

import (
	"errors"
	"fmt"
	"time"
)

// An Instance is a server of a Pool.
type Instance struct {
	// Name is what errors and events call it. Empty means the address, without
	// credentials.
	Name string

	// Address is as Connect takes it.
	Address string
}

// PoolOptions are the options of ConnectPool. The zero value works.
type PoolOptions struct {
	// Options are those of every connection. ReconnectAfter 0 means half a
	// second here. Retry counts for the pool as a whole: its further attempts
	// go to other instances, if there are any, and 0 attempts mean 3 here.
	// NoWait makes ConnectPool return at once.
	Options

	// Sockets is how many connections each instance gets. 0 means 1.
	Sockets int

	// CheckEvery is how often each instance is asked how it is: with box.info,
	// or with a ping when it reports changes by itself, as Tarantool does from
	// 2.10 on with the key box.status. 0 means once a second.
	CheckEvery time.Duration

	// CheckTimeout is how long it may take to answer, before it counts as down
	// and gets no more requests. Those it has go on waiting, unless
	// Options.PingEvery ends its connections. 0 means CheckEvery.
	CheckTimeout time.Duration

	// MaxWait is how long a request waits for an instance that will do, when
	// there is none. 0 means as long as its context lets it.
	MaxWait time.Duration

	// Trace has functions to be told of what happens to instances and requests.
	// Those of Options.Trace are called for each connection.
	Trace *PoolTrace
}

// A PoolTrace has functions that are called when something happens. Each may be
// nil, and must not block, nor call the pool.
type PoolTrace struct {
	// Mode is called when the mode of an instance has changed. err is why it is
	// down or unknown.
	Mode func(instance string, from, to Mode, err error)

	// Retry is called when a request is about to be made again because it has
	// failed on an instance.
	Retry func(r RequestTrace, role Role, instance string, err error)
}

func (o *PoolOptions) check() error {
	for name, d := range map[string]time.Duration{
		"CheckEvery": o.CheckEvery, "CheckTimeout": o.CheckTimeout, "MaxWait": o.MaxWait,
	} {
		if d < 0 {
			return fmt.Errorf("netbox: PoolOptions.%s is %v, want 0 or more", name, d)
		}
	}
	if o.Sockets < 0 || o.Sockets > MaxSockets {
		return fmt.Errorf("netbox: PoolOptions.Sockets is %d, want 0 to %d", o.Sockets, MaxSockets)
	}
	if o.FatalOnConnectError {
		return errors.New("netbox: PoolOptions.FatalOnConnectError is set, but instances are always connected again")
	}
	o.fillPool()
	return o.Options.check()
}

// fillPool puts the defaults into their places.
func (o *PoolOptions) fillPool() {
	if o.ReconnectAfter == 0 {
		o.ReconnectAfter = 500 * time.Millisecond
	}
	if o.Sockets == 0 {
		o.Sockets = 1
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = time.Second
	}
	if o.CheckTimeout == 0 {
		o.CheckTimeout = o.CheckEvery
	}
	if o.Retry.Attempts == 0 {
		o.Retry.Attempts = 3
	}
}
