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
	t.Run("server", func(t *testing.T) { eachField(t, serverMetrics, func(s box.Stats) box.Stats { return s }, "Requests") }) // the sum of ByType
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
	for _, f := range leaves(reflect.TypeFor[F]()) {
		if slices.Contains(except, f.Name) {
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
			if was, is := m.sum(sourceOf(zero)), m.sum(sourceOf(set.Interface().(F))); is > was {
				shown = append(shown, m.name)
			}
		}
		if len(shown) != 1 {
			t.Errorf("%s is shown by %q, want one metric", f.Name, shown)
		}
	}
}

// leaves are the fields of a struct, and those of structs in it, which are no structs.
func leaves(typ reflect.Type) (fields []reflect.StructField) {
	for _, f := range reflect.VisibleFields(typ) {
		switch {
		case f.Anonymous:
		case f.Type.Kind() == reflect.Struct:
			for _, inner := range leaves(f.Type) {
				inner.Index = append(slices.Clone(f.Index), inner.Index...)
				fields = append(fields, inner)
			}
		default:
			fields = append(fields, f)
		}
	}
	return fields
}

// sum is the value of a metric, whatever the label that it is split by.
func (m metric[S]) sum(figures S) (sum float64) {
	if m.by == "" {
		return m.value(figures)
	}
	for _, v := range m.values(figures) {
		sum += float64(v)
	}
	return sum
}

func TestNamesAndHelpAreInTheMannerOfPrometheus(t *testing.T) {
	srv, r, addr := start(t)
	c := connect(t, addr)
	requestTypes := reflect.TypeFor[box.RequestStats]().NumField()
	for name, tt := range map[string]struct {
		collector prom.Collector
		prefix    string
		series    int
	}{
		"server":  {Server(srv), "kharon_box_", len(serverMetrics) - 1 + requestTypes},
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

func TestRequestsAreToldApartByType(t *testing.T) {
	srv, _, addr := start(t)
	c := connect(t, addr)
	for range 3 {
		if _, err := c.Call(t.Context(), "push_n", 1); err != nil {
			t.Fatal(err)
		}
	}
	reg := prom.NewPedanticRegistry()
	reg.MustRegister(Server(srv))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "kharon_box_requests_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) != 1 || m.GetLabel()[0].GetName() != "type" {
				t.Fatalf("the labels are %v", m.GetLabel())
			}
			values[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	if values["call"] != 3 || values["id"] != 1 || values["select"] == 0 || values["eval"] != 0 {
		t.Errorf("got %v", values)
	}
}
