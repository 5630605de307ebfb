package box

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// watch encodes a WATCH, UNWATCH or WATCH_ONCE with a sync.
func watchRequest(typ iproto.Type, sync uint64, key string) []byte {
	return request(typ, sync, 0, iproto.Watch{Key: []byte(key)}.Append)
}

// expectEvent reads an EVENT. value is the hex of its data, "" for none.
func (r *raw) expectEvent(sync uint64, key, value string) {
	r.t.Helper()
	p := r.take()
	e, _, err := iproto.ParseEvent(p.body)
	if p.Type != iproto.TypeEvent || err != nil {
		r.t.Fatalf("got %v (%v), want an EVENT", p, err)
	}
	if p.Has(iproto.HasSchemaVersion) || !p.Has(iproto.HasSync) {
		r.t.Errorf("S153: the header of %x", p.frame)
	}
	if got := fmt.Sprintf("%x", e.Data); p.Sync != sync || string(e.Key) != key || got != value {
		r.t.Errorf("EVENT sync=%d %s=%s, want sync=%d %s=%s", p.Sync, e.Key, got, sync, key, value)
	}
}

// expectSilence checks that the server has nothing more to say.
func (r *raw) expectSilence() {
	r.t.Helper()
	r.expectAlive() // events that are due were sent before
}

func (r *raw) watch(key string)   { r.t.Helper(); r.write(iproto.AppendWatch(nil, key)) }
func (r *raw) unwatch(key string) { r.t.Helper(); r.write(iproto.AppendUnwatch(nil, key)) }

func broadcast(t *testing.T, srv *Server, key string, v any) {
	t.Helper()
	if err := srv.Broadcast(key, v); err != nil {
		t.Fatal(err)
	}
}

// oneLoop is a reactor that does things in order: what it was told before an answer has been done before it.
func oneLoop(t *testing.T) *reactor.Reactor {
	t.Helper()
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestS152WatchAndAcknowledge(t *testing.T) {
	r := oneLoop(t)
	srv, addr := start(t, Config{Reactor: r})
	c := dialRaw(t, addr)
	c.watch("k")
	c.expectEvent(0, "k", "") // always one, also without a value
	broadcast(t, srv, "k", 1)
	c.expectSilence() // not acknowledged
	c.watch("k")
	c.expectEvent(0, "k", "01") // the acknowledgement finds a newer value
	c.watch("k")
	c.expectSilence() // and here it does not
	c.watch("k")
	c.expectSilence() // acknowledged twice is nothing
	err := r.Loop(0).Post(func() {
		for i := range 5 {
			broadcast(t, srv, "k", i+10)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c.expectEvent(0, "k", "0e") // idle: one event with the newest of those the loop finds
	c.watch("k")
	c.expectSilence()
	broadcast(t, srv, "k", 14)
	c.expectEvent(0, "k", "0e") // equal is new
	broadcast(t, srv, "k", 15)
	broadcast(t, srv, "k", 16)
	c.expectSilence()
	c.watch("k")
	c.expectEvent(0, "k", "10") // what lay between is lost, the last is not
}

func TestS153SyncOfTheLastWatch(t *testing.T) {
	srv, addr := start(t, Config{Reactor: oneLoop(t)})
	c := dialRaw(t, addr)
	c.write(watchRequest(iproto.TypeWatch, 11, "k"))
	c.expectEvent(11, "k", "")
	c.write(watchRequest(iproto.TypeWatch, 12, "k"))
	c.expectSilence()
	broadcast(t, srv, "k", nil)
	c.expectEvent(12, "k", "c0") // nil is a value
	c.write(watchRequest(iproto.TypeWatch, 13, "k"))
	c.write(watchRequest(iproto.TypeWatch, 14, "k"))
	c.expectSilence()
	if err := srv.BroadcastNone("k"); err != nil {
		t.Fatal(err)
	}
	c.expectEvent(14, "k", "")
	c.write(frame(t, "82 00 4a 01 00 81 57 a16b"))
	broadcast(t, srv, "k", "x")
	c.expectEvent(0, "k", "a178")
}

func TestS155Unwatch(t *testing.T) {
	srv, addr := start(t, Config{Reactor: oneLoop(t)})
	c := dialRaw(t, addr)
	c.unwatch("k") // unknown: fine
	c.watch("k")
	c.expectEvent(0, "k", "")
	c.unwatch("k")
	c.unwatch("k")
	broadcast(t, srv, "k", 1)
	c.expectSilence()
	c.watch("k")
	c.expectEvent(0, "k", "01")
	c.write(append(append(iproto.AppendWatch(nil, "l"), iproto.AppendUnwatch(nil, "l")...), iproto.AppendWatch(nil, "m")...))
	c.expectEvent(0, "m", "") // none for l: it was gone before its turn
	c.expectSilence()
}

func TestWatchOnce(t *testing.T) {
	srv, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for i, tt := range []struct {
		set  func()
		want string
	}{
		{func() {}, "dd00000000"},
		{func() { broadcast(t, srv, "k", []int{1, 2}) }, "dd00000001 920102"},
		{func() { broadcast(t, srv, "k", nil) }, "dd00000001 c0"},
		{func() { _ = srv.BroadcastNone("k") }, "dd00000000"},
	} {
		tt.set()
		c.write(watchRequest(iproto.TypeWatchOnce, uint64(i), "k"))
		if got, want := string(c.expectOK(uint64(i)).body), "\x81\x30"+string(unhex(t, tt.want)); got != want {
			t.Errorf("S152 WATCH_ONCE %d: got %x, want %x", i, got, want)
		}
	}
	broadcast(t, srv, "k", 1)
	c.expectSilence() // it does not register
}

func TestS166NothingIsLeftOfADisconnectedWatcher(t *testing.T) {
	srv, addr := start(t, Config{})
	before := srv.Stats()
	for _, how := range []string{"close", "half-close", "reset"} {
		c := dialRaw(t, addr)
		for i := range 100 {
			c.watch(fmt.Sprint("key", i))
		}
		for range 100 {
			c.take()
		}
		if s := srv.Stats(); s.Watchers != before.Watchers+100 || s.WatchedKeys != before.WatchedKeys+100 {
			t.Errorf("%+v", s)
		}
		c.hangUp(how)
		reactortest.Eventually(t, func() bool {
			s := srv.Stats()
			return s.Watchers == before.Watchers && s.WatchedKeys == before.WatchedKeys
		}, "the watchers to go")
	}
	broadcast(t, srv, "nobody", nil)
	if err := srv.BroadcastNone("nobody"); err != nil || srv.Stats().WatchedKeys != before.WatchedKeys {
		t.Errorf("%v, %+v", err, srv.Stats())
	}
	for _, b := range boards(srv) {
		if len(b.watches) > 0 {
			t.Errorf("a loop remembers %d topics", len(b.watches))
		}
	}
}

func TestS168SystemKeys(t *testing.T) {
	srv, addr := start(t, Config{Version: "3.3.1"})
	for _, key := range []string{"box.status", "box.anything", "internal.ballot"} {
		if err := srv.Broadcast(key, 1); err != ErrSystemKey { //nolint:errorlint // our own value
			t.Errorf("broadcast of %s: %v", key, err)
		}
		if err := srv.BroadcastNone(key); err != ErrSystemKey { //nolint:errorlint // our own value
			t.Errorf("broadcast of nothing as %s: %v", key, err)
		}
	}
	c := dialRaw(t, addr)
	c.watch("box.shutdown")
	c.expectEvent(0, "box.shutdown", "")
	for key, want := range map[string]string{
		"box.status":   `map[dd_version:3.3.1 is_ro:false is_ro_cfg:false status:running]`,
		"box.election": `map[is_ro:false leader:0 role:follower term:1]`,
		"box.schema":   `map[version:1]`,
	} {
		c.watch(key)
		p := c.take()
		e, _, err := iproto.ParseEvent(p.body)
		v, _, err2 := msgp.Value(e.Data)
		if got := fmt.Sprint(v); err != nil || err2 != nil || got != want {
			t.Errorf("%s is %s, want %s (%v, %v)", key, got, want, err, err2)
		}
	}
	c.watch("box.id")
	e, _, _ := iproto.ParseEvent(c.take().body)
	if _, err := msgp.Skip(e.Data); err != nil || len(e.Data) < 100 {
		t.Errorf("box.id is %x: %v", e.Data, err)
	}
}

func TestS169MalformedWatches(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for _, typ := range []string{"4a", "4b", "4d"} {
		c.write(frame(t, "82 01 05 00"+typ+"80"))
		c.expectError(5, iproto.CodeMissingRequestField, "Missing mandatory field 'EVENT_KEY' in request")
		c.write(frame(t, "82 01 06 00"+typ+"81 57 07"))
		c.expectError(6, iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet body")
		c.write(frame(t, "83 01 07 00"+typ+"0a 01 81 57 a16b"))
		p := c.take()
		if e := p.err(t); p.Sync != 7 || e == nil || e.Code != iproto.CodeUnableToProcessInStream {
			t.Errorf("S137: in a stream: %v", p)
		}
	}
	c.expectAlive()
}

func TestWatchesOfASessionAreLimited(t *testing.T) {
	_, addr := start(t, Config{MaxWatches: 2})
	c := dialRaw(t, addr)
	c.watch("a")
	c.watch("b")
	c.expectEvent(0, "a", "")
	c.expectEvent(0, "b", "")
	c.write(watchRequest(iproto.TypeWatch, 9, "c"))
	c.expectError(9, iproto.CodeUnsupported, "Kharon does not support more than 2 watched keys in a session")
	c.unwatch("a")
	c.watch("c")
	c.expectEvent(0, "c", "")
}

func TestWatchedKeysOfASessionHaveABound(t *testing.T) {
	_, addr := start(t, Config{Readahead: 1000})
	c := dialRaw(t, addr)
	long := strings.Repeat("k", 600)
	c.watch(long)
	c.expectEvent(0, long, "")
	c.write(watchRequest(iproto.TypeWatch, 9, long+"2"))
	c.expectError(9, iproto.CodeUnsupported, "Kharon does not support watched keys of more than 1000 bytes in a session")
	c.unwatch(long)
	c.watch(long + "2")
	c.expectEvent(0, long+"2", "")
}

// boards returns those of all loops.
func boards(srv *Server) []*board {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return slices.Collect(maps.Values(srv.boards))
}

func TestAFloodOfWatchesLeavesNothing(t *testing.T) {
	srv, addr := start(t, Config{Reactor: oneLoop(t)})
	c := dialRaw(t, addr)
	one := append(iproto.AppendWatch(nil, "k"), iproto.AppendUnwatch(nil, "k")...)
	c.write(append(bytes.Repeat(one, 100_000), iproto.AppendPing(nil, 7, 0)...))
	for p := c.take(); p.Type == iproto.TypeEvent; p = c.take() { // few: nearly every watch is gone before its turn
	}
	for _, b := range boards(srv) {
		err := b.loop.Post(func() {
			if len(b.due) > 0 {
				t.Errorf("%d events are due", len(b.due))
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
	c.expectAlive()
}

func TestEventsOfAClientThatDoesNotReadAreHeldBack(t *testing.T) {
	const keys, size = 200, 100_000
	srv, addr := start(t, Config{OutputBudget: 300_000, Reactor: oneLoop(t)})
	lazy, busy := dialRaw(t, addr), dialRaw(t, addr)
	key := func(i int) string { return fmt.Sprint("key", i) }
	for round := range 3 {
		for i := range keys {
			broadcast(t, srv, key(i), make([]byte, size+round))
		}
		if round == 0 {
			for i := range keys {
				lazy.watch(key(i))
			}
		}
		busy.expectAlive()
		srv.mu.Lock()
		for _, x := range srv.sessions {
			if n := x.conn.Queued(); n > 300_000+size+100 {
				t.Errorf("%d bytes wait for a client", n)
			}
		}
		srv.mu.Unlock()
	}
	newest := map[string]int{}
	for len(newest) < keys {
		p := lazy.take()
		e, _, err := iproto.ParseEvent(p.body)
		if err != nil {
			t.Fatal(err)
		}
		lazy.watch(string(e.Key))
		if len(e.Data) == 5+size+2 {
			newest[string(e.Key)]++
		}
	}
	lazy.expectSilence()
}

func TestManyWatchersOfOneKey(t *testing.T) {
	const clients, rounds = 300, 20
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	srv, addr := start(t, Config{Reactor: r})
	var wg, ready sync.WaitGroup
	for range clients {
		c := dialRaw(t, addr)
		ready.Add(1)
		wg.Go(func() {
			last := -1
			for {
				c.watch("k")
				p, err := c.next()
				if err != nil {
					t.Error(err)
					return
				}
				e, _, _ := iproto.ParseEvent(p.body)
				v, _, _ := msgp.ReadInt(e.Data)
				switch {
				case e.Data == nil:
					ready.Done()
				case int(v) <= last:
					t.Errorf("%d after %d", v, last)
				case v == rounds:
					return
				default:
					last = int(v)
				}
			}
		})
	}
	ready.Wait()
	for i := range rounds + 1 {
		broadcast(t, srv, "k", i)
	}
	wg.Wait()
}
