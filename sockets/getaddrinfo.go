package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kharon-net/kharon/reactor"
)

// GetAddrInfo finds the addresses of a service on a host; see getaddrinfo(3).
// host is a name, an address, "0" for the unspecified address, or "" for
// loopback (with AIPassive, for every address of this machine); service is a
// number, a name, or "" for port 0. Nil hints are none. For every address there
// is an entry for each kind of socket that the hints allow, in the order in
// which to try them.
//
// It runs beside the loop: a fiber yields. A host or service that is not found
// is a *net.DNSError, a number out of range or an unknown flag ErrInvalid, the
// end of ctx ErrTimeout or context.Canceled. Safe to call from any goroutine,
// and from fibers.
func GetAddrInfo(ctx context.Context, host, service string, hints *Hints) (addrs []Addr, err error) {
	if hints == nil {
		hints = &Hints{}
	}
	q := query{ctx: ctx, host: host, service: service, Hints: *hints}
	if q.quick() {
		addrs, err = q.run()
	} else {
		reactor.Await(ctx, func() { addrs, err = q.run() })
	}
	if err != nil {
		return nil, &net.OpError{Op: "getaddrinfo", Net: net.JoinHostPort(host, service), Err: failureOf(ctx, err)}
	}
	return addrs, nil
}

// A query is what one call looks for.
type query struct {
	ctx           context.Context
	host, service string
	Hints
}

// quick reports whether nobody has to be asked.
func (q *query) quick() bool {
	_, err := strconv.Atoi(q.service)
	return (err == nil || q.service == "") && q.literal().IsValid() && q.Flags&AICanonName == 0
}

// failureOf tells why looking something up, or connecting, until ctx is done
// has ended with err.
func failureOf(ctx context.Context, err error) error {
	var dns *net.DNSError
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case errors.As(err, &dns) && dns.IsTimeout:
		return &timeoutError{err}
	}
	return err
}

func (q *query) run() ([]Addr, error) {
	if q.ctx.Err() != nil {
		return nil, q.ctx.Err()
	}
	if q.Flags&^(2*AIAddrConfig-1) != 0 {
		return nil, invalid("unknown flags")
	}
	if q.Family != 0 && q.Family != FamilyInet && q.Family != FamilyInet6 {
		return nil, invalid("no addresses of family " + q.Family.String())
	}
	ends, err := q.services()
	if err != nil {
		return nil, err
	}
	ips, err := q.hosts()
	if err != nil {
		return nil, err
	}
	var addrs []Addr
	for _, ip := range ips {
		for _, e := range ends {
			e.Family, e.IP = FamilyInet6, ip
			if ip.Is4() {
				e.Family = FamilyInet
			}
			addrs = append(addrs, e)
		}
	}
	if len(addrs) == 0 {
		return nil, q.notFound("no address of the family that was asked for")
	}
	addrs[0].CanonName = q.canonName()
	return addrs, nil
}

func (q *query) notFound(why string) error {
	return &net.DNSError{Err: why, Name: net.JoinHostPort(q.host, q.service), IsNotFound: true}
}

// services returns what goes with every address: kinds of sockets and ports.
func (q *query) services() (ends []Addr, err error) {
	kinds := []kind{{0, Stream, ProtocolTCP}, {0, Datagram, ProtocolUDP}, {0, Raw, 0}}
	if q.Type != 0 && q.Type != Stream && q.Type != Datagram && q.Type != Raw {
		kinds = []kind{{0, q.Type, q.Protocol}}
	}
	_, notNumeric := strconv.Atoi(q.service)
	for _, k := range kinds {
		if k.typ == Raw {
			k.proto = q.Protocol
		}
		if q.Type != 0 && q.Type != k.typ || q.Protocol != 0 && q.Protocol != k.proto {
			continue
		}
		port := 0
		switch {
		case notNumeric == nil || q.service == "":
			if port, err = portNumber(q.ctx, k.typ, q.service); err != nil {
				return nil, err
			}
		case q.Flags&AINumericServ != 0:
			return nil, q.notFound("the service is no number")
		case k.typ == Raw:
			continue
		default:
			if port, err = portNumber(q.ctx, k.typ, q.service); err != nil {
				continue
			}
		}
		ends = append(ends, Addr{Type: k.typ, Protocol: k.proto, Port: port})
	}
	if len(ends) == 0 {
		if err == nil {
			err = invalid("no such kind of socket")
		}
		return nil, err
	}
	return ends, nil
}

// literal returns the address that the host is, if it is one.
func (q *query) literal() netip.Addr {
	if q.host == "0" {
		if q.Family == FamilyInet6 {
			return netip.IPv6Unspecified()
		}
		return netip.IPv4Unspecified()
	}
	ip, err := netip.ParseAddr(q.host)
	if err != nil {
		return netip.Addr{}
	}
	return ip
}

// hosts returns the addresses of the host, of the family asked for.
func (q *query) hosts() ([]netip.Addr, error) {
	var ips []netip.Addr
	switch ip := q.literal(); {
	case ip.IsValid():
		ips = []netip.Addr{ip}
	case q.host == "" && q.Flags&AIPassive != 0:
		ips = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	case q.host == "":
		ips = []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	case q.Flags&AINumericHost != 0:
		return nil, q.notFound("the host is no address")
	default:
		found, err := net.DefaultResolver.LookupNetIP(q.ctx, "ip", q.host)
		if err != nil {
			return nil, err
		}
		for _, ip := range found {
			ips = append(ips, ip.Unmap())
		}
	}
	return q.ofFamily(q.configured(ips)), nil
}

// ofFamily keeps those of the family asked for, and turns others into it where
// that is asked for.
func (q *query) ofFamily(ips []netip.Addr) []netip.Addr {
	if q.Family == 0 {
		return ips
	}
	var own, mapped []netip.Addr
	for _, ip := range ips {
		if ip.Is4() == (q.Family == FamilyInet) {
			own = append(own, ip)
		} else if ip.Is4() {
			mapped = append(mapped, netip.AddrFrom16(ip.As16()))
		}
	}
	if q.Flags&AIV4Mapped != 0 && (len(own) == 0 || q.Flags&AIAll != 0) {
		own = append(own, mapped...)
	}
	return own
}

// configured keeps those of families that this machine has addresses of, if
// that is asked for, and all if it has none at all.
func (q *query) configured(ips []netip.Addr) []netip.Addr {
	has, err := net.InterfaceAddrs()
	if q.Flags&AIAddrConfig == 0 || err != nil {
		return ips
	}
	var four, six bool
	for _, a := range has {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			four, six = four || n.IP.To4() != nil, six || n.IP.To4() == nil
		}
	}
	var kept []netip.Addr
	for _, ip := range ips {
		if ip.Is4() && four || !ip.Is4() && six {
			kept = append(kept, ip)
		}
	}
	if len(kept) == 0 {
		return ips
	}
	return kept
}

func (q *query) canonName() string {
	if q.Flags&AICanonName == 0 {
		return ""
	}
	name, err := net.DefaultResolver.LookupCNAME(q.ctx, q.host)
	if err != nil || name == "" {
		return q.host
	}
	return strings.TrimSuffix(name, ".")
}
