package netbox

import (
	"log/slog"
	"sync"

	"github.com/kharon-net/kharon/codec/iproto"
)

// watchers are the keys that are watched. They outlive the link: the keys are
// watched again on the next one. Its mutex may be taken before that of a link.
type watchers struct {
	conn *Conn

	mu   sync.Mutex
	link *link // on which the keys are watched; nil: none
	keys map[string]*watchedKey
}

// A watchedKey is a key and what is known of its value.
type watchedKey struct {
	name    string
	all     []*Watcher
	value   Value
	version uint64 // counts the events; 0: none has come
	unacked *link  // the last event came from it and was not acknowledged; nil: it was
}

// connected watches all keys on a new link.
func (ws *watchers) connected(l *link) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.link = l
	able := l.intro.Load().id.Features.Has(iproto.FeatureWatchers)
	for _, k := range ws.keys {
		k.unacked = nil
		switch {
		case able:
			l.tell(k.watch)
		case k.name != shutdownKey:
			ws.conn.log.Warn("netbox: the server has no watchers", slog.String("peer", ws.conn.peer), slog.String("key", k.name))
		}
	}
}

func (k *watchedKey) watch(dst []byte) []byte   { return iproto.AppendWatch(dst, k.name) }
func (k *watchedKey) unwatch(dst []byte) []byte { return iproto.AppendUnwatch(dst, k.name) }

// add registers a watcher. The first one of a key asks the server, the others
// get the value that is known.
func (ws *watchers) add(w *Watcher, key string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	l := ws.link
	if l != nil && !l.intro.Load().id.Features.Has(iproto.FeatureWatchers) && key != shutdownKey {
		return &FeatureError{iproto.FeatureWatchers}
	}
	k := ws.keys[key]
	if k == nil {
		if ws.keys == nil {
			ws.keys = map[string]*watchedKey{}
		}
		k = &watchedKey{name: key}
		ws.keys[key] = k
		if l != nil {
			l.tell(k.watch)
		}
	}
	w.of, w.key = ws, k
	k.all = append(k.all, w)
	if k.version > 0 {
		w.start()
	}
	return nil
}

// event takes note of a new value and starts the watchers that are idle. Called
// on the loop.
func (ws *watchers) event(l *link, e iproto.Event) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	k := ws.keys[string(e.Key)]
	if k == nil {
		return // nobody any more
	}
	k.value = append(Value(nil), e.Data...)
	k.version++
	k.unacked = l
	for _, w := range k.all {
		if !w.running {
			w.start()
		}
	}
}
