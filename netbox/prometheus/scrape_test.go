package prometheus

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// scrape returns what a Prometheus gets, by name; series of one name are added up.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		series, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(series, "#") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		name, _, _ := strings.Cut(series, "{")
		values[name] += v
	}
	return values
}

func TestAScrapeShowsWhatHasHappened(t *testing.T) {
	srv, r, addr := start(t)
	c := connect(t, addr)
	reg := prom.NewPedanticRegistry()
	reg.MustRegister(Server(srv), Reactor(r), Client(c))
	web := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer web.Close()

	before := scrape(t, web.URL)
	const calls = 10
	for range calls {
		if _, err := c.Call(t.Context(), "push_n", 2); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Call(t.Context(), "no_such_function"); err == nil {
		t.Fatal("a function nobody has made was called")
	}
	for name, want := range map[string]float64{
		"kharon_netbox_requests_total":    calls + 1,
		"kharon_netbox_answers_total":     calls + 1,
		"kharon_netbox_pushes_total":      2 * calls,
		"kharon_box_requests_total":       calls + 1,
		"kharon_box_request_errors_total": 1,
		"kharon_box_pushes_total":         2 * calls,
	} {
		reactortest.Eventually(t, func() bool { return scrape(t, web.URL)[name]-before[name] >= want },
			"%s to have grown by %v", name, want)
	}
	// The server counts requests at the end of a callback: some of the client's beginning may have been late.
	if grown := srv.Stats().Requests - uint64(before["kharon_box_requests_total"]); grown > 2*calls {
		t.Errorf("the server counted %d requests, of %d calls", grown, calls+1)
	}
	after := scrape(t, web.URL)
	for _, name := range []string{"kharon_reactor_received_bytes_total", "kharon_reactor_sent_bytes_total",
		"kharon_reactor_turns_total", "kharon_box_sent_bytes_total", "kharon_netbox_received_bytes_total"} {
		if after[name] <= before[name] {
			t.Errorf("%s was %v and is %v", name, before[name], after[name])
		}
	}
	for name, want := range map[string]float64{"kharon_box_connections": 1, "kharon_netbox_connections_active": 1,
		"kharon_reactor_connections": 1} {
		if after[name] != want {
			t.Errorf("%s is %v, want %v", name, after[name], want)
		}
	}
}
