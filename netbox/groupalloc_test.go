package netbox

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/netbox/box"
)

func TestRoundTripsByAGroupOrAPoolDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	addr := local(t, box.Inline).Peer()
	ctx := context.Background()
	g := group(t, addr, 4, Options{NoSchema: true})
	p := pool(t, PoolOptions{Sockets: 2, Options: Options{NoSchema: true}}, Instance{Name: "a", Address: addr}, Instance{Name: "b", Address: addr})
	rw := p.Role(RW)
	if err := p.Wait(patience(t), RW); err != nil {
		t.Fatal(err)
	}
	call := Call("echo", 1, 2, 3)
	sum := int64(0)
	add := func(r Result) error {
		sum += r.Int(2)
		return r.Err()
	}
	wait := func(f *Future) {
		if _, err := f.Wait(ctx); err != nil {
			t.Error(err)
		}
		f.Release()
	}
	for _, tt := range []struct {
		name string
		f    func()
	}{
		{"group: Send", func() { wait(g.Send(call)) }},
		{"group: Send of a call written there", func() { wait(g.Send(Call("echo", 1, 2, 3))) }},
		{"group: DoFunc", func() { _ = g.DoFunc(ctx, call, add) }},
		{"group: Ping", func() { _ = g.Ping(ctx) }},
		{"pool: Send", func() { wait(rw.Send(call)) }},
		{"pool: DoFunc", func() { _ = rw.DoFunc(ctx, call, add) }},
		{"pool: Ping", func() { _ = rw.Ping(ctx) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 1000 {
				tt.f()
			}
			// Ten at a time, so that one allocation in ten round trips is seen. The instances are asked how they are once a
			// second, which costs some.
			if n := testing.AllocsPerRun(500, func() {
				for range 10 {
					tt.f()
				}
			}); n != 0 {
				t.Errorf("%v allocations in ten round trips", n)
			}
		})
	}
}
