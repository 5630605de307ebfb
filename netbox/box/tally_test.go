package box

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// Each kind has a field, a name and a place of its own.
func TestKindsOfRequestsAreToldApart(t *testing.T) {
	for kind := range kinds {
		var totals kindTotals
		totals[kind] = 7
		stats := totals.stats()
		v := reflect.ValueOf(stats)
		var fields []string
		for i := range v.NumField() {
			if v.Field(i).Uint() != 0 {
				fields = append(fields, strings.ToLower(v.Type().Field(i).Name))
			}
		}
		var names []string
		for name, n := range stats.All() {
			if n != 0 {
				names = append(names, strings.ReplaceAll(name, "_", ""))
			}
		}
		if len(fields) != 1 || !slices.Equal(fields, names) {
			t.Errorf("kind %d is in the fields %q and has the names %q", kind, fields, names)
		}
		if total := totals.sum(); total != 7 {
			t.Errorf("kind %d: the sum is %d", kind, total)
		}
	}
	for typ, kind := range kindOf {
		name := strings.ToLower(iproto.Type(typ).String())
		if want := kindNames[kind]; kind != kindOther && name != want && name != "call_16" {
			t.Errorf("type %s is counted as %s", name, want)
		}
	}
}

func TestRequestsAreCountedByType(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Transactions(&store{})
		want := map[string]uint64{}
		for typ, n := range map[iproto.Type]uint64{
			iproto.TypeSelect: 3, iproto.TypeInsert: 1, iproto.TypeReplace: 2, iproto.TypeUpdate: 1, iproto.TypeDelete: 2,
			iproto.TypeUpsert: 1, iproto.TypeCall: 5, iproto.TypeEval: 1, iproto.TypeExecute: 2, iproto.TypePrepare: 1,
			iproto.TypeBegin: 1, iproto.TypeCommit: 2, iproto.TypeRollback: 1, iproto.TypePing: 4, iproto.TypeID: 1,
			iproto.TypeWatchOnce: 2, iproto.TypeAuth: 1,
		} {
			for range n {
				c.write(request(typ, 1, 0, nil)) // most of them are answered with errors, which is counted all the same
				c.take()
			}
			want[strings.ToLower(typ.String())] = n
		}
		c.write(call(1, "echo"))
		c.take()
		c.write(request(iproto.TypeCall16, 1, 0, iproto.Call{Name: []byte("echo")}.Append))
		c.take()
		want["call"] += 2
		c.write(iproto.AppendUnwatch(nil, "key"))
		want["unwatch"]++
		c.write(iproto.AppendWatch(nil, "key"))
		c.take()
		want["watch"]++
		c.write(frame(t, "91 01")) // no header
		c.take()
		c.write(request(999, 1, 0, nil))
		c.take()
		want["other"] += 2
		var sum uint64
		for _, n := range want {
			sum += n
		}
		check := func(when string) {
			stats := srv.Stats()
			if got := maps.Collect(stats.ByType.All()); !maps.Equal(got, want) || stats.Requests != sum {
				t.Errorf("%s: %d requests, want %d, of which\n %v, want\n %v", when, stats.Requests, sum, got, want)
			}
		}
		check("connected")
		c.Close()
		reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 0 }, "the server to notice")
		check("afterwards")
	})
}

// Requests that have to wait come again, and are counted once.
func TestRequestsThatHaveToWaitAreCountedOnce(t *testing.T) {
	srv, addr := start(t, Config{MaxRequests: 1})
	const n = 500
	var all []byte
	for i := range n {
		all = append(all, call(uint64(i+1), "nop")...)
		all = iproto.AppendPing(all, uint64(i+1), 0)
	}
	c := dialRaw(t, addr)
	go func() { _, _ = c.Write(all) }()
	for range 2 * n {
		c.take()
	}
	if s := srv.Stats(); s.ByType.Call != n || s.ByType.Ping != n || s.Requests != 2*n {
		t.Errorf("%d requests: %+v", s.Requests, s.ByType)
	}
}

func TestCountingCostsNoAllocation(t *testing.T) {
	var counted tally
	if n := testing.AllocsPerRun(100, func() {
		counted.add(iproto.TypeCall)
		counted.add(iproto.TypePing)
		counted.publish()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTally measures what counting adds to a request: in a row of one kind, and when each is of another.
func BenchmarkTally(b *testing.B) {
	for name, types := range map[string][2]iproto.Type{
		"row": {iproto.TypeCall, iproto.TypeCall}, "mixed": {iproto.TypeCall, iproto.TypePing},
	} {
		b.Run(name, func(b *testing.B) {
			var counted tally
			for i := range b.N {
				counted.add(types[i&1])
			}
			counted.publish()
		})
	}
}
