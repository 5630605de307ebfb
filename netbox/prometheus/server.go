package prometheus

import (
	"iter"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/kharon-net/kharon/netbox/box"
)

// Server collects the figures of a server, see box.Stats: kharon_box_…, of
// which kharon_box_requests_total has the label type, see box.RequestStats. It
// panics when srv is nil. Safe to call from any goroutine.
func Server(srv *box.Server) prom.Collector {
	if srv == nil {
		panic("prometheus: Server of nil")
	}
	return collect(serverMetrics, "", func() iter.Seq2[string, box.Stats] {
		return func(yield func(string, box.Stats) bool) { yield("", srv.Stats()) }
	})
}

var serverMetrics = []metric[box.Stats]{
	gauge("kharon_box_connections", "Connections that are open.",
		func(s box.Stats) float64 { return float64(s.Connections) }),
	counter("kharon_box_connections_accepted_total", "Connections accepted.",
		func(s box.Stats) float64 { return float64(s.ConnectionsTotal) }),
	counter("kharon_box_connections_refused_total", "Connections turned away because there were too many.",
		func(s box.Stats) float64 { return float64(s.ConnectionsRefused) }),
	counter("kharon_box_handshakes_failed_total", "TLS handshakes that failed or took too long.",
		func(s box.Stats) float64 { return float64(s.HandshakesFailed) }),
	gauge("kharon_box_connections_waiting", "Connections whose input is held up because too many requests are under way.",
		func(s box.Stats) float64 { return float64(s.RequestsWaiting) }),
	counter("kharon_box_sessions_total", "Sessions begun, those turned away included.",
		func(s box.Stats) float64 { return float64(s.Sessions) }),
	counterBy("kharon_box_requests_total", "Requests received, malformed ones included.", "type",
		func(s box.Stats) iter.Seq2[string, uint64] { return s.ByType.All() }),
	counter("kharon_box_request_errors_total", "Requests answered with an error.",
		func(s box.Stats) float64 { return float64(s.Errors) }),
	gauge("kharon_box_requests_in_progress", "Requests begun and not answered, but for inline ones.",
		func(s box.Stats) float64 { return float64(s.RequestsInProgress) }),
	gauge("kharon_box_requests_in_stream_queues", "Requests that wait for those before them in their stream.",
		func(s box.Stats) float64 { return float64(s.RequestsInStreamQueue) }),
	gauge("kharon_box_streams", "Streams that have requests or a transaction.",
		func(s box.Stats) float64 { return float64(s.Streams) }),
	counter("kharon_box_streams_opened_total", "Streams opened.",
		func(s box.Stats) float64 { return float64(s.StreamsTotal) }),
	counter("kharon_box_pushes_total", "Out-of-band messages sent.",
		func(s box.Stats) float64 { return float64(s.Pushes) }),
	counter("kharon_box_pushes_dropped_total", "Out-of-band messages dropped for newer ones because the client did not read.",
		func(s box.Stats) float64 { return float64(s.PushesDropped) }),
	counter("kharon_box_pushes_refused_total", "Out-of-band messages refused because the client did not read.",
		func(s box.Stats) float64 { return float64(s.PushesRefused) }),
	gauge("kharon_box_watched_keys", "Keys that have a value or are watched.",
		func(s box.Stats) float64 { return float64(s.WatchedKeys) }),
	gauge("kharon_box_watchers", "Pairs of a session and a key it watches.",
		func(s box.Stats) float64 { return float64(s.Watchers) }),
	counter("kharon_box_events_total", "Events of watched keys sent.",
		func(s box.Stats) float64 { return float64(s.Events) }),
	counter("kharon_box_sent_bytes_total", "Bytes sent.",
		func(s box.Stats) float64 { return float64(s.Sent) }),
	counter("kharon_box_auth_failures_total", "Requests to authenticate with wrong credentials.",
		func(s box.Stats) float64 { return float64(s.AuthFailures) }),
	counter("kharon_box_panics_total", "Panics caught in handlers and triggers.",
		func(s box.Stats) float64 { return float64(s.Panics) }),
}
