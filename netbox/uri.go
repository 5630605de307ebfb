package netbox

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
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

// parseQuery reads the parameters of an address: auth_type, transport, and the
// files of an encrypted one.
func (o *Options) parseQuery(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("netbox: address: parameters: %w", err)
	}
	var files tlsFiles
	for name, v := range values {
		switch name {
		case "auth_type":
			o.AuthType = cmp.Or(o.AuthType, v[0])
		case "transport":
			if v[0] != "plain" && v[0] != "ssl" {
				return fmt.Errorf("netbox: address: transport=%s, want plain or ssl", v[0])
			}
		case "ssl_ca_file":
			files.ca = v[0]
		case "ssl_cert_file":
			files.cert = v[0]
		case "ssl_key_file":
			files.key = v[0]
		default:
			return fmt.Errorf("netbox: address: parameter %s, want auth_type, transport, ssl_ca_file, ssl_cert_file or ssl_key_file", name)
		}
	}
	return o.encrypt(values.Get("transport") == "ssl", files)
}

// tlsFiles are files in PEM.
type tlsFiles struct{ ca, cert, key string }

// encrypt makes the configuration of an address with transport=ssl.
func (o *Options) encrypt(wanted bool, files tlsFiles) error {
	switch {
	case files == tlsFiles{} && (!wanted || o.TLS != nil):
		return nil
	case !wanted:
		return errors.New("netbox: address: there are ssl files, but not transport=ssl")
	case o.TLS != nil:
		return errors.New("netbox: address: there are ssl files, and Options.TLS is set, too")
	}
	o.TLS = &tls.Config{}
	if files.ca != "" {
		pem, err := os.ReadFile(files.ca)
		if err != nil {
			return fmt.Errorf("netbox: address: ssl_ca_file: %w", err)
		}
		o.TLS.RootCAs = x509.NewCertPool()
		if !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("netbox: address: ssl_ca_file: no certificate in %s", files.ca)
		}
	}
	if files.cert != "" || files.key != "" {
		cert, err := tls.LoadX509KeyPair(files.cert, files.key)
		if err != nil {
			return fmt.Errorf("netbox: address: ssl_cert_file and ssl_key_file: %w", err)
		}
		o.TLS.Certificates = []tls.Certificate{cert}
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
