package prometheus

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// A figure that is added to one of the structs and to no metric is found here, and so is one that two metrics show.
func TestEachFigureHasOneMetric(t *testing.T) {
	t.Run("server", func(t *testing.T) { eachField(t, serverMetrics, func(s box.Stats) box.Stats { return s }) })
	t.Run("reactor", func(t *testing.T) { eachField(t, reactorMetrics, func(s reactor.Stats) reactor.Stats { return s }) })
	t.Run("client", func(t *testing.T) {
		eachField(t, clientMetrics, func(m netbox.Metrics) (sum clients) {
			sum.add(netbox.Metrics{}) // in the state initial
			sum.add(m)
			return sum
		}, "State") // what it is worth is another matter
	})
}

// eachField sets one field of an F after the other, and looks for the metric that shows it.
func eachField[F, S any](t *testing.T, metrics []metric[S], sourceOf func(F) S, except ...string) {
	t.Helper()
	var zero F
	fields := reflect.VisibleFields(reflect.TypeFor[F]())
	for _, f := range fields {
		if f.Anonymous || slices.Contains(except, f.Name) {
			continue
		}
		set := reflect.New(reflect.TypeFor[F]()).Elem()
		if v := set.FieldByIndex(f.Index); v.CanInt() {
			v.SetInt(7e9)
		} else {
			v.SetUint(7e9)
		}
		var shown []string
		for _, m := range metrics {
			if was, is := m.value(sourceOf(zero)), m.value(sourceOf(set.Interface().(F))); is > was {
				shown = append(shown, m.name)
			}
		}
		if len(shown) != 1 {
			t.Errorf("%s is shown by %q, want one metric", f.Name, shown)
		}
	}
}

func TestNamesAndHelpAreInTheMannerOfPrometheus(t *testing.T) {
	srv, r, addr := start(t)
	c := connect(t, addr)
	for name, tt := range map[string]struct {
		collector prom.Collector
		prefix    string
		series    int
	}{
		"server":  {Server(srv), "kharon_box_", len(serverMetrics)},
		"reactor": {Reactor(r), "kharon_reactor_", 2 * len(reactorMetrics)},
		"client":  {Client(c), "kharon_netbox_", len(clientMetrics)},
	} {
		problems, err := testutil.CollectAndLint(tt.collector)
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v, %v", name, problems, err)
		}
		if n := testutil.CollectAndCount(tt.collector); n != tt.series {
			t.Errorf("%s: %d series, want %d", name, n, tt.series)
		}
		reg := prom.NewPedanticRegistry()
		reg.MustRegister(tt.collector)
		families, err := reg.Gather()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range families {
			if !strings.HasPrefix(f.GetName(), tt.prefix) || !strings.HasSuffix(f.GetHelp(), ".") {
				t.Errorf("%s: %s: %s", name, f.GetName(), f.GetHelp())
			}
		}
	}
}

func TestConnectionsToOnePeerAreAddedUp(t *testing.T) {
	_, _, one := start(t)
	_, _, two := start(t)
	a, b, c := connect(t, one), connect(t, two), connect(t, one)
	for _, conn := range []*netbox.Conn{a, a, b, c} {
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	before := a.Metrics().Requests + c.Metrics().Requests
	_ = c.Close()
	collector := Client(a, b, c)
	want := "# HELP kharon_netbox_connections_active Connections on which requests are sent.\n" +
		"# TYPE kharon_netbox_connections_active gauge\n" +
		`kharon_netbox_connections_active{peer="` + one + `"} 1` + "\n" +
		`kharon_netbox_connections_active{peer="` + two + `"} 1` + "\n"
	if err := testutil.CollectAndCompare(collector, strings.NewReader(want), "kharon_netbox_connections_active"); err != nil {
		t.Error(err)
	}
	for peer, sum := range byPeer([]*netbox.Conn{a, b, c}) {
		if peer == one && (sum.conns != 2 || sum.Requests != before) {
			t.Errorf("of %s there are %d connections and %d requests, want 2 and %d", peer, sum.conns, sum.Requests, before)
		}
	}
}

func TestWithoutConnectionsThereIsNothingToCollect(t *testing.T) {
	reg := prom.NewPedanticRegistry()
	reg.MustRegister(Client())
	if families, err := reg.Gather(); len(families) != 0 || err != nil {
		t.Errorf("%v, %v", families, err)
	}
}

func TestTwoServersNeedALabel(t *testing.T) {
	front, _, _ := start(t)
	back, _, _ := start(t)
	reg := prom.NewPedanticRegistry()
	reg.MustRegister(Server(front))
	if err := reg.Register(Server(back)); err == nil {
		t.Error("a second server without a label is accepted")
	}
	labeled := prom.WrapRegistererWith(prom.Labels{"server": "back"}, prom.NewPedanticRegistry())
	if err := labeled.Register(Server(back)); err != nil {
		t.Error(err)
	}
}

func TestNilPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Server": func() { Server(nil) }, "Reactor": func() { Reactor(nil) }, "Client": func() { Client(nil) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, name) {
					t.Errorf("%s(nil): the panic says %q", name, text)
				}
			}()
			f()
		}()
	}
}
