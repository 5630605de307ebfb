package netbox

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parse takes apart what Connect is given: "host:port", "port", "unix/:path" or
// the path of a unix socket, with "user:password@" before it and "?auth_type=…"
// behind it. The user counts when the options name none.
func (o *Options) parse(s string) (network, address string, err error) {
	user, rest, found := cutUser(s)
	rest, query, _ := strings.Cut(rest, "?")
	if err := o.parseQuery(query); err != nil {
		return "", "", err
	}
	if found && o.User == "" && o.Password == "" {
		name, password, _ := strings.Cut(user, ":")
		if name == "" {
			return "", "", fmt.Errorf("netbox: address %q: user is not defined", redact(s))
		}
		if o.User, err = url.PathUnescape(name); err != nil {
			return "", "", fmt.Errorf("netbox: address %q: the user is badly escaped", redact(s))
		}
		if o.Password, err = url.PathUnescape(password); err != nil {
			return "", "", fmt.Errorf("netbox: address %q: the password is badly escaped", redact(s))
		}
	}
	return parseAddress(rest)
}

// parseQuery reads the parameters of an address.
func (o *Options) parseQuery(query string) error {
	if query == "" {
		return nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("netbox: address: parameters: %w", err)
	}
	for name, v := range values {
		switch {
		case name == "auth_type":
			if o.AuthType == "" {
				o.AuthType = v[0]
			}
		case name == "transport" && v[0] == "plain":
		case name == "transport" && v[0] == "ssl" && o.TLS != nil:
		case name == "transport" && v[0] == "ssl":
			return fmt.Errorf("netbox: address: transport=ssl, but Options.TLS is not set")
		default:
			return fmt.Errorf("netbox: address: parameter %s=%s, want auth_type or transport=plain or ssl", name, v[0])
		}
	}
	return nil
}

// cutUser cuts the credentials from an address. An @ in a path is none of them.
func cutUser(s string) (user, rest string, found bool) {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "unix/:") {
		return "", s, false
	}
	i := strings.LastIndex(s, "@")
	if j := strings.IndexAny(s, "/?"); j >= 0 && i > j {
		i = strings.LastIndex(s[:j], "@")
	}
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// redact removes the credentials of an address, and its parameters.
func redact(s string) string {
	_, rest, _ := cutUser(s)
	rest, _, _ = strings.Cut(rest, "?")
	return rest
}

// parseAddress takes apart an address without user and parameters.
func parseAddress(s string) (network, address string, err error) {
	switch path, isUnix := strings.CutPrefix(s, "unix/:"); {
	case isUnix:
		return "unix", path, nil
	case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./"):
		return "unix", s, nil
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
