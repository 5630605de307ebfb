package netbox

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/codec/msgp"
)

// A quickBand decodes itself.
type quickBand struct {
	ID, Year int64
	Name     [16]byte
}

func (b *quickBand) DecodeTuple(t msgp.Array) error {
	b.ID, b.Year = t.Int(0), t.Int(2)
	copy(b.Name[:], t.Bytes(1))
	return t.Err()
}

func TestSelectsIntoTheCallersMemoryDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	_, c := bands(t, Options{})
	ctx := context.Background()
	s := c.Space("bands")
	year := s.Index("year")
	rows, raw := make([]quickBand, 0, 10), make([]byte, 0, 1000)
	i := int64(0)
	fail := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for _, tt := range []struct {
		name string
		f    func()
	}{
		{"AppendSelect by number", func() {
			var err error
			rows, err = AppendSelect(ctx, rows[:0], s, IntKey(1+i&3), SelectOptions{})
			fail(err)
			if len(rows) != 1 || rows[0].ID != 1+i&3 {
				t.Errorf("got %v", rows)
			}
		}},
		{"AppendSelect by another index", func() {
			var err error
			rows, err = AppendSelect(ctx, rows[:0], year, IntKey(1986), SelectOptions{Limit: 5})
			fail(err)
			if len(rows) != 1 || rows[0].ID != 1 {
				t.Errorf("got %v", rows)
			}
		}},
		{"AppendSelect of all", func() {
			var err error
			rows, err = AppendSelect(ctx, rows[:0], s, Parts{}, SelectOptions{})
			fail(err)
		}},
		{"AppendRaw", func() {
			var err error
			raw, err = c.AppendRaw(ctx, raw[:0], s.SelectRequest(IntKey(1+i&3), SelectOptions{}))
			fail(err)
		}},
		{"Send of a select", func() {
			f := c.Send(s.SelectRequest(IntKey(1000+i), SelectOptions{}))
			_, err := f.Wait(ctx)
			fail(err)
			f.Release()
		}},
		{"Get", func() {
			_, found, err := Get[quickBand](ctx, s, IntKey(1+i&3))
			fail(err)
			if !found {
				t.Error("not found")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := func() {
				for range 10 {
					i++
					tt.f()
				}
			}
			run()
			limit := 0.0
			if tt.name == "Get" {
				limit = 10 // the value it returns
			}
			if n := testing.AllocsPerRun(100, run); n > limit {
				t.Errorf("%v allocations in ten selects", n)
			}
		})
	}
}

func BenchmarkSelect(b *testing.B) {
	_, c := bands(b, Options{})
	s := c.Space("bands")
	ctx := context.Background()
	b.Run("waiting", func(b *testing.B) {
		b.SetParallelism(64)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			rows := make([]quickBand, 0, 1)
			for pb.Next() {
				var err error
				if rows, err = AppendSelect(ctx, rows[:0], s, IntKey(2), SelectOptions{}); err != nil || len(rows) != 1 {
					b.Error(rows, err)
					return
				}
			}
		})
	})
	b.Run("512 in flight", func(b *testing.B) {
		b.ReportAllocs()
		var futures [512]*Future
		for i := range b.N {
			slot := &futures[i%len(futures)]
			if *slot != nil {
				if r, err := (*slot).Wait(ctx); err != nil || r.Len() != 1 {
					b.Fatal(err)
				}
				(*slot).Release()
			}
			*slot = c.Send(s.SelectRequest(IntKey(2), SelectOptions{}))
		}
	})
}
