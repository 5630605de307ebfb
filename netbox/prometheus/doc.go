// Package prometheus hands the figures of clients, servers and reactors to
// Prometheus: collectors for github.com/prometheus/client_golang.
//
//	reg := prometheus.NewRegistry()             // client_golang's
//	reg.MustRegister(
//		kharonprom.Client(conn),            // kharon_netbox_…
//		kharonprom.Server(srv),             // kharon_box_…
//		kharonprom.Reactor(r))              // kharon_reactor_…
//	http.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
//
// # The level it works at
//
// A collector holds nothing: each scrape reads Conn.Metrics, Server.Stats or
// Reactor.Stats, once, and nothing is measured in between. Every field of these
// has one metric, named in the manner of Prometheus: counters end in _total,
// times are in seconds, sizes in bytes. Requests to a server are told apart by
// their type:
//
//	sum without (type) (rate(kharon_box_requests_total[1m]))
//	rate(kharon_box_requests_total{type="select"}[1m])
//
// Two servers, or two reactors, in one registry need a label that tells them
// apart:
//
//	prometheus.WrapRegistererWith(prometheus.Labels{"server": "front"}, reg).MustRegister(kharonprom.Server(front))
//
// # What it does not do
//
// It knows no names of functions and no users, so that the number of its time
// series is bounded: by the loops of a reactor, and by the peers of the clients.
// Programs that do not import it are not linked with client_golang.
package prometheus
