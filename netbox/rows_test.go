package netbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// manyRows is how many there are in the spaces called many.
const manyRows = 100_000

// A quickRow is one of them. It keeps nothing.
type quickRow struct{ id, size int64 }

func (r *quickRow) DecodeTuple(t msgp.Array) error {
	r.id, r.size = t.Int(0), int64(len(t.Bytes(1)))
	return t.Err()
}

// manyText is what is in each row, in bytes.
const manyText = 100

// manyInTarantool is a space of a real Tarantool, which knows no pages.
func manyInTarantool(t testing.TB) Space {
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true, MemoryMiB: 128, Script: fmt.Sprintf(`
		local s = box.schema.space.create('many')
		s:create_index('pk')
		box.begin()
		for i = 0, %d - 1 do s:insert{i, string.rep('x', %d)} end
		box.commit()
	`, manyRows, manyText)})
	return connect(t, srv.Addr, Options{}).Space("many")
}

// manyInPages is the space of a server that does, played.
func manyInPages(t testing.TB) Space {
	row := msgp.AppendString(nil, strings.Repeat("x", manyText))
	c := connect(t, play(t, func(s *script) {
		s.introduceModern()
		for {
			r := s.next()
			if r.Type == iproto.TypeOK { // the end
				return
			}
			sel, _, err := iproto.ParseSelect(r.body)
			if err != nil || r.Type != iproto.TypeSelect || !sel.FetchPosition {
				t.Errorf("%v %+v, %v", r.Type, sel, err)
			}
			from := 0
			fmt.Sscan(string(sel.AfterPosition), &from)
			end := min(from+int(sel.Limit), manyRows)
			data := msgp.AppendArrayHeader(nil, end-from)
			for i := from; i < end; i++ {
				data = append(msgp.AppendInt(msgp.AppendArrayHeader(data, 2), int64(i)), row...)
			}
			b, mark := iproto.BeginFrame(nil)
			b = iproto.AppendReplyHeader(b, iproto.TypeOK, r.Sync, 1)
			d := iproto.Data{Array: data, Position: fmt.Append(nil, end)}
			s.Write(iproto.EndFrame(d.Append(b), mark))
		}
	}), Options{NoSchema: true, NoGracefulShutdown: true})
	return c.SpaceByID(512)
}

// live is how much of the heap is in use.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestRowsHoldTwoPagesAtATime(t *testing.T) {
	const bound = 1 << 20 // of 11 MiB
	for name, space := range map[string]func(testing.TB) Space{"Tarantool": manyInTarantool, "pages": manyInPages} {
		t.Run(name, func(t *testing.T) {
			s := space(t)
			ctx := patience(t)
			walk := func(what string, rows iter.Seq2[int64, error]) {
				before, most, n := live(), uint64(0), int64(0)
				for id, err := range rows {
					if err != nil || id != n {
						t.Fatalf("%s: row %d has the key %d, %v", what, n, id, err)
					}
					if n++; n%9_999 == 0 {
						most = max(most, live())
					}
				}
				if n != manyRows || most == 0 || most > before+bound {
					t.Errorf("%s: %d rows, %d bytes of heap, %d before", what, n, most, before)
				}
			}
			walk("rows", func(yield func(int64, error) bool) {
				for row, err := range Rows[quickRow](ctx, s, Key(), SelectOptions{}) {
					if !yield(row.id, err) {
						return
					}
				}
			})
			walk("pairs", func(yield func(int64, error) bool) {
				for tuple, err := range s.Pairs(ctx, Key(), SelectOptions{}) {
					if !yield(tuple.Int(0), err) {
						return
					}
				}
			})
		})
	}
}

func TestRowsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	type fields struct {
		ID   int64
		Text any `msgpack:"-"`
	}
	for name, space := range map[string]func(testing.TB) Space{"Tarantool": manyInTarantool, "pages": manyInPages} {
		t.Run(name, func(t *testing.T) {
			s := space(t)
			for what, pageSize := range map[string]uint32{"pages": 1000, "one answer": math.MaxUint32} {
				for form, walk := range map[string]func() (n int, err error){
					"TupleDecoder": func() (int, error) {
						return count(Rows[quickRow](patience(t), s, Key(), SelectOptions{PageSize: pageSize}))
					},
					"struct": func() (int, error) {
						return count(Rows[fields](patience(t), s, Key(), SelectOptions{PageSize: pageSize}))
					},
				} {
					if what == "one answer" && name == "pages" {
						continue // it has no answer without a position
					}
					allocations := testing.AllocsPerRun(3, func() {
						if n, err := walk(); err != nil || n != manyRows {
							t.Errorf("%s: %d rows, %v", what, n, err)
						}
					})
					// A page costs the request, its future and the bytes of the answer; the script's are among them.
					if perRow := allocations / manyRows; perRow > 0.1 {
						t.Errorf("%s, %s: %v allocations per row", what, form, perRow)
					}
					t.Logf("%s, %s: %v allocations in %d rows", what, form, allocations, manyRows)
				}
			}
		})
	}
}

// count ranges over rows.
func count[T any](rows iter.Seq2[T, error]) (n int, err error) {
	for _, err := range rows {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func TestRowsAreDecoded(t *testing.T) {
	_, c := bands(t, Options{})
	s := c.Space("bands")
	var kept []band
	for b, err := range Rows[band](patience(t), s, Key(), SelectOptions{PageSize: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, b)
	}
	if len(kept) != 4 || kept[0].Name != "Roxette" || *kept[0].Year != 1986 || kept[3].Name != "The Beatles" || *kept[3].Year != 1960 {
		t.Errorf("got %+v", kept)
	}
	var last *band
	for b, err := range Rows[*band](patience(t), s.Index("year"), Key(1900), SelectOptions{Iterator: iproto.IteratorGE, Limit: 2}) {
		if err != nil || b == last {
			t.Fatalf("%p after %p, %v", b, last, err)
		}
		last = b
	}
	if last == nil || *last.Year != 1965 {
		t.Errorf("the last one is %+v", last)
	}
	rounds := 0
	for v, err := range Rows[struct{ ID, Name int }](patience(t), s, Key(), SelectOptions{}) {
		var wrong *msgp.TypeError
		if rounds++; !errors.As(err, &wrong) || v.ID != 0 || !strings.Contains(err.Error(), "tuple 0: field 1, Name") {
			t.Errorf("got %+v, %v", v, err)
		}
	}
	if n, err := count(Rows[band](patience(t), c.Space("nope"), Key(), SelectOptions{})); n != 0 || !errors.Is(err, iproto.CodeNoSuchSpace) || rounds != 1 {
		t.Errorf("%d rounds, then %d rows, %v", rounds, n, err)
	}
}

func TestRowsEndEarly(t *testing.T) {
	_, c := bands(t, Options{})
	s := c.Space("bands")
	t.Run("break", func(t *testing.T) {
		for range Rows[band](patience(t), s, Key(), SelectOptions{PageSize: 1}) {
			break
		}
	})
	t.Run("panic", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("the panic got lost")
			}
		}()
		for range Rows[band](patience(t), s, Key(), SelectOptions{PageSize: 1}) {
			panic("on purpose")
		}
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(patience(t))
		defer cancel()
		n, last := 0, error(nil)
		for _, err := range Rows[band](ctx, s, Key(), SelectOptions{PageSize: 1}) {
			if last = err; err == nil {
				n++
				cancel()
			}
		}
		if n != 1 || !errors.Is(last, context.Canceled) {
			t.Errorf("%d rows, then %v", n, last)
		}
	})
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	reactortest.Eventually(t, func() bool { return c.Metrics().InFlight == 0 }, "pages that nobody waits for to be forgotten")
}

func TestRowsGoOnOverABrokenConnection(t *testing.T) {
	addr := manyInTarantool(t).requester.conn.Peer()
	c := connect(t, addr, Options{ReconnectAfter: time.Millisecond})
	n, broken := 0, 0
	for row, err := range Rows[quickRow](patience(t), c.Space("many"), Key(), SelectOptions{PageSize: 5000}) {
		if err != nil || row.id != int64(n) || row.size != manyText {
			t.Fatalf("row %d: %+v, %v", n, row, err)
		}
		if n++; n%12_345 == 0 {
			broken++
			if l := c.live.Load(); l != nil {
				l.wire.Abort(errors.New("broken on purpose"))
			}
		}
	}
	if n != manyRows || c.Metrics().Reconnects == 0 {
		t.Errorf("%d rows, broken %d times, %d reconnections", n, broken, c.Metrics().Reconnects)
	}
}

func TestRowsOfASlowServer(t *testing.T) {
	addr := play(t, func(s *script) {
		s.introduceModern()
		s.waitEOF()
	})
	c := connect(t, addr, Options{NoSchema: true, NoGracefulShutdown: true})
	n, err := count(Rows[quickRow](context.Background(), c.WithTimeout(10*time.Millisecond).SpaceByID(512), Key(), SelectOptions{}))
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d rows, %v", n, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if n, err = count(Rows[quickRow](ctx, c.SpaceByID(512), Key(), SelectOptions{})); n != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestRowsInAFiber(t *testing.T) {
	addr := manyInTarantool(t).requester.conn.Peer()
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	main, err := r.Go(patience(t), func(ctx context.Context) {
		c, err := Connect(ctx, addr, Options{Reactor: r})
		if err != nil {
			t.Error(err)
			return
		}
		if n, err := count(Rows[quickRow](ctx, c.Space("many"), Key(), SelectOptions{})); n != manyRows || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := main.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}
