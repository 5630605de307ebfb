package prometheus

import (
	"iter"
	"slices"
	"strings"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/kharon-net/kharon/netbox"
)

// Client collects the figures of client connections, see netbox.Metrics:
// kharon_netbox_…, each with the label peer, Conn.Peer. Connections with the
// same peer are added up. It panics when one is nil. Safe to call from any
// goroutine.
func Client(conns ...*netbox.Conn) prom.Collector {
	if slices.Contains(conns, nil) {
		panic("prometheus: Client of a nil connection")
	}
	conns = slices.Clone(conns)
	return collect(clientMetrics, "peer", func() iter.Seq2[string, clients] { return byPeer(conns) })
}

// clients are the figures of connections to one peer together.
type clients struct {
	netbox.Metrics // but for State
	conns, active  int
}

// byPeer adds up the figures, and iterates over the peers in the order in which
// they come up.
func byPeer(conns []*netbox.Conn) iter.Seq2[string, clients] {
	return func(yield func(string, clients) bool) {
		sums := map[string]*clients{}
		var peers []string
		for _, c := range conns {
			peer := strings.ToValidUTF8(c.Peer(), "\uFFFD") // what a label may be; the path of a socket may be more
			if sums[peer] == nil {
				sums[peer] = &clients{}
				peers = append(peers, peer)
			}
			sums[peer].add(c.Metrics())
		}
		for _, peer := range peers {
			if !yield(peer, *sums[peer]) {
				return
			}
		}
	}
}

func (s *clients) add(m netbox.Metrics) {
	s.conns++
	if m.State == netbox.StateActive {
		s.active++
	}
	s.Requests += m.Requests
	s.Answers += m.Answers
	s.Pushes += m.Pushes
	s.Events += m.Events
	s.Unmatched += m.Unmatched
	s.InFlight += m.InFlight
	s.BytesIn += m.BytesIn
	s.BytesOut += m.BytesOut
	s.Connects += m.Connects
	s.Failures += m.Failures
	s.Reconnects += m.Reconnects
	s.Reloads += m.Reloads
	s.Retries += m.Retries
}

var clientMetrics = []metric[clients]{
	gauge("kharon_netbox_connections", "Connections, in any state.",
		func(s clients) float64 { return float64(s.conns) }),
	gauge("kharon_netbox_connections_active", "Connections on which requests are sent.",
		func(s clients) float64 { return float64(s.active) }),
	counter("kharon_netbox_requests_total", "Requests sent.",
		func(s clients) float64 { return float64(s.Requests) }),
	counter("kharon_netbox_answers_total", "Answers received, errors included.",
		func(s clients) float64 { return float64(s.Answers) }),
	gauge("kharon_netbox_requests_in_flight", "Requests without an answer.",
		func(s clients) float64 { return float64(s.InFlight) }),
	counter("kharon_netbox_pushes_total", "Out-of-band messages received.",
		func(s clients) float64 { return float64(s.Pushes) }),
	counter("kharon_netbox_events_total", "Events of watched keys received.",
		func(s clients) float64 { return float64(s.Events) }),
	counter("kharon_netbox_unmatched_packets_total", "Packets received that nobody waited for.",
		func(s clients) float64 { return float64(s.Unmatched) }),
	counter("kharon_netbox_received_bytes_total", "Bytes of packets received.",
		func(s clients) float64 { return float64(s.BytesIn) }),
	counter("kharon_netbox_sent_bytes_total", "Bytes handed over to be sent.",
		func(s clients) float64 { return float64(s.BytesOut) }),
	counter("kharon_netbox_connects_total", "Times a connection became active.",
		func(s clients) float64 { return float64(s.Connects) }),
	counter("kharon_netbox_connect_failures_total", "Attempts to connect that failed.",
		func(s clients) float64 { return float64(s.Failures) }),
	counter("kharon_netbox_reconnects_total", "Attempts to connect after the first one.",
		func(s clients) float64 { return float64(s.Reconnects) }),
	counter("kharon_netbox_schema_reloads_total", "Readings of a schema that had changed.",
		func(s clients) float64 { return float64(s.Reloads) }),
	counter("kharon_netbox_retries_total", "Requests made again.",
		func(s clients) float64 { return float64(s.Retries) }),
}
