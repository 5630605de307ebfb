package netbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/box"
)

// setting is what is watched.
type setting struct {
	Name  string `msgpack:"name"`
	Limit int    `msgpack:"limit"`
}

func TestWatchersOfTypes(t *testing.T) {
	w := watchServer(t)
	seen := make(chan string, 10)
	watcher, err := WatchAs(w.c, "k", func(key string, s *setting, err error) {
		switch {
		case err != nil:
			seen <- fmt.Sprint("error: ", s == nil, strings.Contains(err.Error(), `value of "k"`))
		case s == nil:
			seen <- key + " has none"
		default:
			seen <- fmt.Sprint(key, *s)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.expect(t, "WATCH k")
	for _, tt := range []struct {
		value any
		want  string
	}{
		{nil, "k has none"},
		{map[string]any{"name": "a", "limit": 1}, "k{a 1}"},
		{[]any{"b"}, "k{b 0}"},          // as an array, with a field missing
		{[]any{"c", 3, true}, "k{c 3}"}, // and with one too many
		{"no setting", "error: true true"},
		{map[string]any{"limit": "x"}, "error: true true"},
		{map[string]any{"name": "d"}, "k{d 0}"}, // goes on
	} {
		e := iproto.Event{Key: []byte("k")}
		if tt.value != nil {
			if e.Data, err = msgp.AppendValue(nil, tt.value); err != nil {
				t.Fatal(err)
			}
		}
		w.Write(iproto.AppendEvent(nil, 0, e))
		expectValue(t, seen, tt.want)
		w.expect(t, "WATCH k")
	}
	if err := watcher.Unregister(); err != nil {
		t.Error(err)
	}
	w.expect(t, "UNWATCH k")
}

func TestWatchersOfTypesOnAServerWithoutWatchers(t *testing.T) {
	_, c := tarantool(t)
	var missing *FeatureError
	if _, err := WatchAs(c, "k", func(string, int, error) {}); !errors.As(err, &missing) {
		t.Errorf("WatchAs: %v", err)
	}
	if _, _, err := WatchOnceAs[int](patience(t), c, "k"); !errors.As(err, &missing) {
		t.Errorf("WatchOnceAs: %v", err)
	}
}

func TestOurServerIsWatchedByType(t *testing.T) {
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := group(t, addr.String(), 2, Options{})
	if _, found, err := WatchOnceAs[setting](patience(t), g, "limits"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	seen := make(chan string, 10)
	if _, err := WatchAs(g, "limits", func(_ string, s setting, err error) { seen <- fmt.Sprint(s, err) }); err != nil {
		t.Fatal(err)
	}
	expectValue(t, seen, "{ 0} <nil>")
	if err := srv.Broadcast("limits", setting{"conns", 7}); err != nil {
		t.Fatal(err)
	}
	expectValue(t, seen, "{conns 7} <nil>")
	if s, found, err := WatchOnceAs[setting](patience(t), g, "limits"); !found || err != nil || s != (setting{"conns", 7}) {
		t.Errorf("%+v, found %v, %v", s, found, err)
	}
	if _, found, err := WatchOnceAs[int](patience(t), g, "limits"); !found || err == nil {
		t.Errorf("found %v, %v", found, err)
	}
}
