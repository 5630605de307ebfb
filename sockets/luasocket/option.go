package luasocket

import (
	"fmt"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// A Linger is the value of the option "linger".
type Linger struct {
	On      bool
	Timeout int // in seconds
}

// settings are the options that are on or off, or a number.
var settings = map[string]struct {
	level, name string
	number      bool
}{
	"keepalive":           {"socket", "SO_KEEPALIVE", false},
	"reuseaddr":           {"socket", "SO_REUSEADDR", false},
	"reuseport":           {"socket", "SO_REUSEPORT", false},
	"dontroute":           {"socket", "SO_DONTROUTE", false},
	"broadcast":           {"socket", "SO_BROADCAST", false},
	"recv-buffer-size":    {"socket", "SO_RCVBUF", true},
	"send-buffer-size":    {"socket", "SO_SNDBUF", true},
	"tcp-nodelay":         {"tcp", "TCP_NODELAY", false},
	"tcp-keepidle":        {"tcp", "TCP_KEEPIDLE", true},
	"tcp-keepcnt":         {"tcp", "TCP_KEEPCNT", true},
	"tcp-keepintvl":       {"tcp", "TCP_KEEPINTVL", true},
	"tcp-defer-accept":    {"tcp", "TCP_DEFER_ACCEPT", true},
	"tcp-fastopen":        {"tcp", "TCP_FASTOPEN", true},
	"ipv6-v6only":         {"ipv6", "IPV6_V6ONLY", false},
	"ip-multicast-ttl":    {"ip", "IP_MULTICAST_TTL", true},
	"ip-multicast-loop":   {"ip", "IP_MULTICAST_LOOP", false},
	"ipv6-unicast-hops":   {"ipv6", "IPV6_UNICAST_HOPS", true},
	"ipv6-multicast-hops": {"ipv6", "IPV6_MULTICAST_HOPS", true},
	"ipv6-multicast-loop": {"ipv6", "IPV6_MULTICAST_LOOP", false},
}

// Setoption sets an option by LuaSocket's name: "keepalive", "reuseaddr",
// "tcp-nodelay" and others with a bool, "tcp-keepidle" and others with an int,
// "linger" with a Linger or a bool. Another name or value is
// sockets.ErrInvalid. Safe to call from any goroutine.
func (c *TCP) Setoption(name string, value any) error {
	if name == "linger" {
		switch v := value.(type) {
		case bool:
			return c.fail(c.s.SetLinger(v, 0))
		case Linger:
			return c.fail(c.s.SetLinger(v.On, time.Duration(v.Timeout)*time.Second))
		}
	}
	o, ok := settings[name]
	switch value.(type) {
	case bool:
		ok = ok && !o.number
	case int:
		ok = ok && o.number
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("luasocket: unsupported option %q, or value %v: %w", name, value, sockets.ErrInvalid)
	}
	return c.fail(c.s.SetOption(o.level, o.name, value))
}

// Getoption returns what Setoption sets, and for "error" the text of the error
// that waits on the socket, or "". Safe to call from any goroutine.
func (c *TCP) Getoption(name string) (any, error) {
	switch name {
	case "linger":
		on, d, err := c.s.Linger()
		return Linger{on, int(d / time.Second)}, c.fail(err)
	case "error":
		errno, err := c.s.PendingError()
		if err != nil || errno == 0 {
			return "", c.fail(err)
		}
		return errno.Error(), nil
	}
	o, ok := settings[name]
	if !ok {
		return nil, fmt.Errorf("luasocket: unsupported option %q: %w", name, sockets.ErrInvalid)
	}
	v, err := c.s.Option(o.level, o.name)
	if n, isInt := v.(int); isInt && !o.number {
		v = n != 0
	}
	return v, c.fail(err)
}
