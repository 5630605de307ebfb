package prometheus_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
	kharonprom "github.com/kharon-net/kharon/netbox/prometheus"
	"github.com/kharon-net/kharon/reactor"
)

// A server, a client and the reactor of both, scraped over HTTP.
func Example() {
	ctx := context.Background()
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	srv, err := box.New(box.Config{Reactor: r})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := netbox.Connect(ctx, addr.String(), netbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	reg := prometheus.NewRegistry()
	reg.MustRegister(kharonprom.Client(conn), kharonprom.Server(srv), kharonprom.Reactor(r))
	web := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer web.Close()

	res, err := http.Get(web.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "kharon_box_connections") {
			fmt.Println(lines.Text())
		}
	}
	// Output:
	// kharon_box_connections 1
	// kharon_box_connections_accepted_total 1
	// kharon_box_connections_refused_total 0
	// kharon_box_connections_waiting 0
}
