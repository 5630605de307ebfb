package netbox

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// pairs collects the first fields of the tuples that Pairs gives.
func pairs(t *testing.T, x Index, key Parts, o SelectOptions) (ids []int64, err error) {
	t.Helper()
	for tuple, err := range x.Pairs(patience(t), key, o) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, tuple.Int(0))
	}
	return ids, nil
}

func TestTarantoolPairsWithoutPages(t *testing.T) {
	_, c := bands(t, Options{})
	s := c.Space("bands")
	for id := range 96 {
		if _, err := s.Insert(patience(t), []any{id + 5, "x", 2000 + id}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		x           Index
		key         Parts
		o           SelectOptions
		n           int
		first, last int64
		err         error
	}{
		"all":            {s.Index("pk"), Key(), SelectOptions{PageSize: 7}, 100, 1, 100, nil},
		"in one page":    {s.Index("pk"), Key(), SelectOptions{}, 100, 1, 100, nil},
		"whole pages":    {s.Index("pk"), Key(), SelectOptions{PageSize: 10}, 100, 1, 100, nil},
		"limited":        {s.Index("pk"), Key(), SelectOptions{PageSize: 7, Limit: 20, Offset: 3}, 20, 4, 23, nil},
		"from a key":     {s.Index("pk"), Key(90), SelectOptions{PageSize: 3, Iterator: iproto.IteratorGE}, 11, 90, 100, nil},
		"down":           {s.Index("pk"), Key(10), SelectOptions{PageSize: 3, Iterator: iproto.IteratorLE}, 10, 10, 1, nil},
		"of a key":       {s.Index("pk"), Key(10), SelectOptions{PageSize: 3}, 1, 10, 10, nil},
		"not unique":     {s.Index("year"), Key(), SelectOptions{PageSize: 3}, 3, 4, 1, iproto.CodeUnsupported},
		"no such":        {s.Index("nope"), Key(), SelectOptions{}, 0, 0, 0, iproto.CodeNoSuchIndexName},
		"nothing at all": {s.Index("pk"), Key(1000), SelectOptions{}, 0, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := pairs(t, tt.x, tt.key, tt.o)
			if tt.err != nil && !errors.Is(err, tt.err) || tt.err == nil && err != nil {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if tt.err == nil && (len(ids) != tt.n || tt.n > 0 && (ids[0] != tt.first || ids[tt.n-1] != tt.last)) {
				t.Errorf("got %v", ids)
			}
		})
	}
	for tuple, err := range s.Pairs(patience(t), Key(), SelectOptions{PageSize: 2}) {
		if err != nil || string(tuple.Field("name")[1:]) != "Roxette" {
			t.Errorf("got %q, %v", tuple.Field("name"), err)
		}
		break
	}
}

func TestPairsWithPages(t *testing.T) {
	const tuples = 25
	var requests atomic.Int64
	c := connect(t, play(t, func(s *script) {
		s.introduceModern()
		for {
			r := s.next()
			if r.Type != iproto.TypeSelect {
				return
			}
			requests.Add(1)
			sel, _, err := iproto.ParseSelect(r.body)
			if err != nil || !sel.FetchPosition {
				t.Errorf("%+v, %v", sel, err)
			}
			from := 0
			fmt.Sscan(string(sel.AfterPosition), &from)
			var rows []any
			for i := from; i < min(from+int(sel.Limit), tuples); i++ {
				rows = append(rows, []any{i})
			}
			data, _ := msgp.AppendValue(nil, append([]any{}, rows...))
			d := iproto.Data{Array: data, Position: fmt.Append(nil, from+len(rows))}
			if len(rows) == 0 {
				d.Position = nil
			}
			b, mark := iproto.BeginFrame(nil)
			b = iproto.AppendReplyHeader(b, iproto.TypeOK, r.Sync, 1)
			s.Write(iproto.EndFrame(d.Append(b), mark))
		}
	}), Options{NoSchema: true, NoGracefulShutdown: true})
	x := c.SpaceByID(512).IndexByID(1)
	for _, size := range []uint32{4, 5, 100} {
		requests.Store(0)
		ids, err := pairs(t, x, Key(), SelectOptions{PageSize: size})
		if want := int64(tuples/size) + 1; err != nil || len(ids) != tuples || ids[tuples-1] != tuples-1 || requests.Load() != want {
			t.Errorf("pages of %d: %v, %v in %d requests, want %d", size, ids, err, requests.Load(), want)
		}
	}
}
