package box

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox"
)

// eachSeeker runs f with tables that leave it to the server to find the page, and with tables that begin there.
func eachSeeker(t *testing.T, f func(t *testing.T, srv *Server, users, kv *table, addr string)) {
	for _, seeks := range []bool{false, true} {
		t.Run(fmt.Sprint("handler seeks ", seeks), func(t *testing.T) {
			srv, addr := start(t, Config{})
			users, kv := recordedSpaces(seeks)
			if err := srv.SetSpaces(users, kv); err != nil {
				t.Fatal(err)
			}
			f(t, srv, users.Handler.(*table), kv.Handler.(*table), addr)
		})
	}
}

// told is what an answer says, apart from the numbers that the formats happen to have.
func told(t *testing.T, p reply) string {
	t.Helper()
	if e := p.err(t); e != nil {
		return fmt.Sprintf("sync %d: %d %s", p.Sync, e.Code, e.Message)
	}
	d, _, err := iproto.ParseDataAll(p.body)
	if err != nil {
		t.Fatal(err)
	}
	formats := map[uint64]any{}
	for f, err := range iproto.TupleFormats(d.Formats) {
		if err != nil {
			t.Fatal(err)
		}
		formats[f.ID], _, _ = msgp.Value(f.Fields)
	}
	text := fmt.Sprintf("sync %d: %v position %q:", p.Sync, p.Type, d.Position)
	results, err := msgp.NewArray(d.Array)
	if err != nil {
		t.Fatal(err)
	}
	for raw, err := range results.All() {
		if err != nil {
			t.Fatal(err)
		}
		tuple, _, err := ext.ReadTuple(raw)
		if fields, _ := formats[tuple.Format].([]any); err == nil && len(fields) > 0 {
			text += fmt.Sprintf(" %x with %v", []byte(tuple.Fields), fields)
		} else if err == nil {
			text += fmt.Sprintf(" %x", []byte(tuple.Fields)) // of a space without fields
		} else {
			text += fmt.Sprintf(" %x", []byte(raw))
		}
	}
	return text
}

func TestS63PagesAreThoseOfTarantool(t *testing.T) {
	for _, name := range []string{"raw-pagination", "select-pagination", "select-async-buffer"} {
		t.Run(name, func(t *testing.T) {
			eachSeeker(t, func(t *testing.T, _ *Server, _, _ *table, addr string) {
				c := dialRaw(t, addr)
				for _, l := range readTranscript(t, name) {
					switch {
					case l.end:
						c.Close()
					case l.client:
						c.write(l.data)
					default:
						got, want := c.take(), parseReply(t, l.data)
						if _, _, err := iproto.ParseID(want.body); want.Sync == 1 && err == nil && bytes.Contains(want.body, []byte("chap-sha1")) {
							continue // of ID: what the servers can do differs
						}
						if want.Type == iproto.TypeEvent && got.Type == iproto.TypeEvent {
							continue
						}
						if got, want := told(t, got), told(t, want); got != want {
							t.Errorf("%s:\n got  %s\n want %s", l.step, got, want)
						}
					}
				}
			})
		})
	}
}

// position is a position of these values.
func position(t *testing.T, values ...any) []byte {
	t.Helper()
	return []byte(positions.EncodeToString(array(t, values...)))
}

func TestWrongPositions(t *testing.T) {
	eachSeeker(t, func(t *testing.T, _ *Server, _, _ *table, addr string) {
		c := dialRaw(t, addr)
		users, kv := iproto.Ref{ID: 512}, iproto.Ref{ID: 513}
		age := iproto.Ref{Name: []byte("age")}
		for name, s := range map[string]iproto.Select{
			"no base64":                  {Space: kv, AfterPosition: []byte("k*E")},
			"padded":                     {Space: kv, AfterPosition: []byte("kQE=")},
			"cut":                        {Space: kv, AfterPosition: []byte("kQ")},
			"no MessagePack":             {Space: kv, AfterPosition: []byte("wQ")},
			"no array":                   {Space: kv, AfterPosition: []byte("AQ")},
			"junk behind":                {Space: kv, AfterPosition: []byte("kQEB")},
			"too few parts":              {Space: kv, AfterPosition: position(t)},
			"too many parts":             {Space: kv, AfterPosition: position(t, 1, 2)},
			"wrong type":                 {Space: kv, AfterPosition: position(t, "x")},
			"a negative number":          {Space: kv, AfterPosition: position(t, -1)},
			"without the primary key":    {Space: users, Index: age, AfterPosition: position(t, 30)},
			"tuple without the key":      {Space: kv, AfterTuple: array(t)},
			"tuple with nil for the key": {Space: kv, AfterTuple: array(t, nil)},
			"tuple of other types":       {Space: kv, AfterTuple: array(t, "x")},
			"not of the key":             {Space: kv, Key: array(t, 1), AfterPosition: position(t, 2)},
			"below the key":              {Space: kv, Key: array(t, 5), Iterator: iproto.IteratorGE, AfterPosition: position(t, 4)},
			"equal to the key":           {Space: kv, Key: array(t, 5), Iterator: iproto.IteratorGT, AfterPosition: position(t, 5)},
			"above the key":              {Space: kv, Key: array(t, 5), Iterator: iproto.IteratorLE, AfterPosition: position(t, 6)},
			"the key again, downwards":   {Space: kv, Key: array(t, 5), Iterator: iproto.IteratorLT, AfterPosition: position(t, 5)},
			"tuple not of the key":       {Space: users, Index: age, Key: array(t, 30), AfterTuple: array(t, 2, "Bob", 25)},
		} {
			s.Limit = 1
			c.write(request(iproto.TypeSelect, 7, 0, s.Append))
			p := c.take()
			if e := p.err(t); e == nil || e.Code != 247 || e.Message != "Iterator position is invalid" {
				t.Errorf("%s: got %v", name, p)
			}
		}
		c.write(request(iproto.TypeSelect, 8, 0, iproto.Select{Space: users, Index: age, Limit: 1, AfterTuple: array(t, 4, "dave")}.Append))
		if got := fmt.Sprint(results(t, c.take())); got != "[[2 Bob 25]]" {
			t.Errorf("behind a tuple that is too short for a field which may be nil: %s", got)
		}
	})
}

func TestIndexesWithoutPages(t *testing.T) {
	srv, c, _ := withSpaces(t, Goroutine)
	if err := srv.SetSpaces(
		Space{Name: "hash", Handler: rows{[]any{1}}, Indexes: []Index{{Name: "h", Type: "hash", Parts: []Part{{1, "unsigned"}}}}},
		Space{Name: "bare", Engine: "attic", Handler: rows{[]any{1}}, Indexes: []Index{{Name: "b"}}},
	); err != nil {
		t.Fatal(err)
	}
	for space, want := range map[string]string{
		"hash": "Index 'h' (HASH) of space 'hash' (memtx) does not support pagination",
		"bare": "Index 'b' (TREE) of space 'bare' (attic) does not support pagination",
	} {
		ref := iproto.Ref{Name: []byte(space)}
		c.write(request(iproto.TypeSelect, 1, 0, iproto.Select{Space: ref, Limit: 1, FetchPosition: true}.Append))
		c.expectError(1, iproto.CodeUnsupportedIndexFeature, want)
		c.write(request(iproto.TypeSelect, 1, 0, iproto.Select{Space: ref, Limit: 1, AfterTuple: array(t, 1)}.Append))
		c.expectError(1, iproto.CodeUnsupportedIndexFeature, want)
		c.write(request(iproto.TypeSelect, 2, 0, iproto.Select{Space: ref, Limit: 1}.Append))
		c.expectOK(2)
	}
}

func TestAHandlerThatSeeksIsSparedTheWay(t *testing.T) {
	eachSeeker(t, func(t *testing.T, _ *Server, _, kv *table, addr string) {
		c := dialRaw(t, addr)
		ask := iproto.Select{Space: iproto.Ref{ID: 513}, Limit: 2, Offset: 1, AfterPosition: position(t, 6)}
		c.write(request(iproto.TypeSelect, 1, 0, ask.Append))
		if got := fmt.Sprint(results(t, c.take())); got != "[[8 v8] [9 v9]]" {
			t.Errorf("got %s", got)
		}
		if want := map[bool]int64{false: 10, true: 4}[kv.seeks]; kv.given.Load() != want {
			t.Errorf("the handler gave %d tuples, want %d", kv.given.Load(), want)
		}
	})
}

func TestOurClientPagesThroughTheServer(t *testing.T) {
	eachSeeker(t, func(t *testing.T, srv *Server, users, kv *table, addr string) {
		for i := range 90 {
			kv.set(func(t [][]any) [][]any { return append(t, []any{int64(i + 11), "w"}) })
			users.set(func(t [][]any) [][]any { return append(t, []any{int64(i + 6), fmt.Sprint("u", i), int64(20 + i%3)}) })
		}
		for _, o := range []netbox.Options{{}, {NoSchema: true}, {TupleFormats: true}} {
			c, err := netbox.Connect(t.Context(), addr, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				index netbox.Index
				key   netbox.Parts
				o     netbox.SelectOptions
				n     int
			}{
				{c.Space("kv").Index("pk"), netbox.Key(), netbox.SelectOptions{PageSize: 7}, 100},
				{c.Space("kv").Index("pk"), netbox.Key(90), netbox.SelectOptions{PageSize: 3, Iterator: iproto.IteratorGE}, 11},
				{c.Space("kv").Index("pk"), netbox.Key(50), netbox.SelectOptions{PageSize: 10, Iterator: iproto.IteratorLT}, 49},
				{c.Space("users").Index("age"), netbox.Key(), netbox.SelectOptions{PageSize: 4}, 95},
				{c.Space("users").Index("age"), netbox.Key(20), netbox.SelectOptions{PageSize: 7}, 30},
				{c.Space("users").Index("age"), netbox.Key(20), netbox.SelectOptions{PageSize: 7, Iterator: iproto.IteratorREQ}, 30},
				{c.Space("users").Index("name"), netbox.Key(), netbox.SelectOptions{PageSize: 11, Limit: 60, Offset: 5}, 60},
			} {
				seen, before := map[int64]bool{}, srv.Stats().ByType.Select
				for tuple, err := range tt.index.Pairs(t.Context(), tt.key, tt.o) {
					if err != nil {
						t.Fatal(err)
					}
					seen[tuple.Int(0)] = true
				}
				pages := srv.Stats().ByType.Select - before
				if least := uint64(tt.n) / uint64(tt.o.PageSize); len(seen) != tt.n || pages < least || pages > least+1 {
					t.Errorf("%+v: %d tuples in %d pages, want %d", tt.o, len(seen), pages, tt.n)
				}
			}
			_ = c.Close()
		}
	})
}

// Tuples may go, and come, between two pages: what was there all the time is given once.
func TestPagesOfAChangingSpace(t *testing.T) {
	eachSeeker(t, func(t *testing.T, _ *Server, _, kv *table, addr string) {
		c, err := netbox.Connect(t.Context(), addr, netbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		x := c.Space("kv").Index("pk")
		page, err := x.Select(t.Context(), netbox.Key(), netbox.SelectOptions{Limit: 4, FetchPosition: true})
		if err != nil || page.Len() != 4 {
			t.Fatalf("%d tuples, %v", page.Len(), err)
		}
		kv.set(func(t [][]any) [][]any { // the last one of the page is gone
			return append(slices.Delete(t, 2, 4), []any{int64(0), "new"})
		})
		page, err = x.Select(t.Context(), netbox.Key(), netbox.SelectOptions{After: page.Position(), FetchPosition: true})
		if ids := fmt.Sprint(firsts(&page)); err != nil || ids != "[5 6 7 8 9 10]" {
			t.Errorf("got %s, %v", ids, err)
		}
	})
}

func firsts(r *netbox.Result) (ids []int64) {
	for i := range r.Len() {
		tuple, _ := r.Tuple(i)
		ids = append(ids, tuple.Int(0))
	}
	return ids
}

func TestViewsHavePages(t *testing.T) {
	_, c, _ := withSpaces(t, Goroutine)
	for view, want := range map[uint32]int{vspace: 3, vindex: 4} {
		var last []byte
		n := 0
		for {
			c.write(request(iproto.TypeSelect, 1, 0, iproto.Select{Space: iproto.Ref{ID: view}, Iterator: iproto.IteratorALL, Limit: 1,
				FetchPosition: true, AfterPosition: last}.Append))
			d, _, err := iproto.ParseDataAll(c.expectOK(1).body)
			if err != nil {
				t.Fatal(err)
			}
			if last = d.Position; last == nil {
				break
			}
			n++
		}
		if n != want {
			t.Errorf("view %d has %d pages, want %d", view, n, want)
		}
	}
}

func TestHandlersAskWhatTheIteratorFinds(t *testing.T) {
	srv, addr := start(t, Config{})
	users, _ := recordedSpaces(false)
	var asked atomic.Int64
	users.Handler = selecter(func(q *Query) iter.Seq[any] {
		key, _ := q.Key.Values()
		return func(func(any) bool) {
			for id := range int64(8) {
				asked.Add(1)
				if got, want := q.Finds(id), wanted(q.Iterator, compareAny([]any{id}, key), len(key)); got != want {
					t.Errorf("%v %v finds %d: %t", q.Iterator, key, id, got)
				}
			}
			if q.Finds(make(chan int)) && len(key) > 0 {
				t.Error("a channel is found")
			}
		}
	})
	if err := srv.SetSpaces(users); err != nil {
		t.Fatal(err)
	}
	c := dialRaw(t, addr)
	for it := iproto.IteratorEQ; it <= iproto.IteratorGT; it++ {
		for _, key := range [][]byte{array(t), array(t, 3)} {
			c.write(request(iproto.TypeSelect, 1, 0, iproto.Select{Space: iproto.Ref{ID: 512}, Iterator: it, Key: key, Limit: 1}.Append))
			c.expectOK(1)
		}
	}
	if asked.Load() != 7*2*8 {
		t.Errorf("%d answers were compared", asked.Load())
	}
}

// A selecter is a function that is a Selecter.
type selecter func(q *Query) iter.Seq[any]

func (f selecter) Select(_ context.Context, _ *Request, q *Query) (iter.Seq[any], error) {
	return f(q), nil
}

func TestValuesAreOrderedAsInTarantool(t *testing.T) {
	// ascending; what stands in one line is equal
	order := [][]string{
		{"c0"}, {"c2"}, {"c3"},
		{"cb7ff8000000000001"}, {"cbfff0000000000000"}, {"d38000000000000000", "cbc3e0000000000000"},
		{"ff", "d0ff", "cbbff0000000000000", "d501001d"},
		{"00", "cc00", "cb0000000000000000", "cb8000000000000000"},
		{"cb3fb999999999999a"}, {"cb3fc0000000000000"}, {"01", "d501001c"}, {"c7030101015c", "cb3ff8000000000000"}, {"02"},
		{"cf0020000000000000"}, {"cf0020000000000001"},
		{"cf7fffffffffffffff"}, {"cf8000000000000000", "cb43e0000000000000"}, {"cfffffffffffffffff"},
		{"cb7fefffffffffffff"}, {"cb7ff0000000000000"},
		{"a0", "d900"}, {"a161", "d90161"}, {"a26161"}, {"a162"},
		{"c400"}, {"c40161"}, {"91c0"},
		{"d802" + "00000000000000000000000000000001"}, {"d802" + "00000000000000000000000000000100"},
		{"d704ffffffffffffffff"}, {"d7040000000000000000"}, {"d80401000000000000000000000000000000", "d80401000000000000000000000078000000"},
		{"d80401000000000000000100000000000000"},
	}
	for i, line := range order {
		for j, other := range order {
			want := reflect.ValueOf(i - j).Int()
			for _, a := range line {
				for _, b := range other {
					x, errX := hex.DecodeString(a)
					y, errY := hex.DecodeString(b)
					if errX != nil || errY != nil {
						t.Fatal(errX, errY)
					}
					if got := compareValues(x, y); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
						t.Errorf("%s and %s compare as %d", a, b, got)
					}
				}
			}
		}
	}
}

func FuzzPositions(f *testing.F) {
	f.Add([]byte("kQE"), []byte{0x91, 1})
	f.Add([]byte("kh4B"), []byte{0x94, 1, 0xa1, 'a', 0x1e, 0xc0})
	f.Fuzz(func(t *testing.T, position, tuple []byte) {
		space := &Space{Name: "s", Handler: rows{}, Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}},
			{Name: "any", NotUnique: true, Parts: []Part{{3, "any"}, {2, "number"}}}}}
		space.serve()
		if n, err := msgp.Skip(tuple); err != nil || n != len(tuple) || msgp.KindOf(tuple[0]) != msgp.KindArray {
			tuple = []byte{0x90}
		}
		for i := range space.Indexes {
			m := iproto.Select{Index: iproto.Ref{ID: uint32(i)}, AfterPosition: position, Key: []byte{0x90}}
			var q Query
			if err := q.read(space, &m); err != nil || len(position) == 0 {
				continue
			}
			of, _ := msgp.NewArray(tuple)
			key, _ := msgp.NewArray(q.Index.appendKey(nil, &of))
			if q.passes(&of) != (compareKeys(&key, &q.After) > 0) {
				t.Errorf("%x and position %q", tuple, position)
			}
			m.AfterPosition = q.Index.appendPosition(nil, &of)
			var again Query
			if err := again.read(space, &m); err == nil && again.passes(&of) {
				t.Errorf("%x is behind itself", tuple)
			}
		}
	})
}
