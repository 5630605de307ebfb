package netbox

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Options are the options of Connect. The zero value works.
type Options struct {
	// ConnectTimeout bounds connecting, the greeting and the introduction
	// together. 0 means 10 seconds.
	ConnectTimeout time.Duration

	// MaxPacket is the longest packet accepted, in bytes; a longer one ends
	// the connection. 0 means 128 MiB; the most is 2 GiB.
	MaxPacket uint64

	// Reactor runs the connection. Nil means reactor.Default.
	Reactor *reactor.Reactor

	// Logger is told of what no caller can be told of. Nil is silence.
	Logger *slog.Logger
}

func (o *Options) check() error {
	switch {
	case o.ConnectTimeout < 0:
		return fmt.Errorf("netbox: Options.ConnectTimeout is %v, want 0 or more", o.ConnectTimeout)
	case o.MaxPacket > iproto.MaxPacket:
		return fmt.Errorf("netbox: Options.MaxPacket is %d, want at most %d", o.MaxPacket, uint64(iproto.MaxPacket))
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 10 * time.Second
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = 128 << 20
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

// parseAddress takes apart what Connect is given: "host:port", "port",
// "unix/:path" or the path of a unix socket.
func parseAddress(s string) (network, address string, err error) {
	switch path, isUnix := strings.CutPrefix(s, "unix/:"); {
	case isUnix:
		return "unix", path, nil
	case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./"):
		return "unix", s, nil
	case strings.Contains(s, "@"):
		return "", "", fmt.Errorf("netbox: address %q has a user: only guests are supported", redact(s))
	case s == "":
		return "", "", fmt.Errorf("netbox: empty address, want host:port or unix/:path")
	}
	if _, err := strconv.ParseUint(s, 10, 16); err == nil {
		return "tcp", "127.0.0.1:" + s, nil
	}
	if _, err := netip.ParseAddr(s); err == nil || !strings.Contains(s, ":") {
		return "", "", fmt.Errorf("netbox: address %q has no port", s)
	}
	return "tcp", s, nil
}

// redact removes the credentials of an address.
func redact(s string) string { return s[strings.LastIndex(s, "@")+1:] }
