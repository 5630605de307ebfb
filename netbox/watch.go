package netbox

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"github.com/kharon-net/kharon/codec/iproto"
)

// ErrUnregistered tells that a Watcher is unregistered again.
var ErrUnregistered error = text("Watcher is already unregistered")

// A FeatureError tells that the server can not do what was asked for.
type FeatureError struct{ Feature iproto.Feature }

// Error names the feature.
func (e *FeatureError) Error() string {
	return fmt.Sprintf("netbox: the server does not support %v", e.Feature)
}

// A Watcher is a function that is called with the values of a key.
type Watcher struct {
	f func(key string, value Value)

	// guarded by the mu of watchers
	of      *watchers
	key     *watchedKey
	seen    uint64 // the version f was called with last
	running bool   // on a goroutine of its own
	removed bool
}

// Watch calls f with the value of key that the server has, nil when it has none,
// and with every new one. When values follow each other more quickly than f
// returns, those between are left out, the last one never. Calls of one watcher
// do not overlap; they run on a goroutine, which may wait. The value belongs to
// f. After a reconnection the key is watched again, and f called.
//
// The error is a *FeatureError when the server can not be watched. Safe to call
// from any goroutine.
func (c *Conn) Watch(key string, f func(key string, value Value)) (*Watcher, error) {
	w := &Watcher{f: f}
	if err := c.watchers.add(w, key); err != nil {
		return nil, err
	}
	return w, nil
}

// Unregister ends the calls: none begins any more. The error is ErrUnregistered
// when they have ended before. A watcher may end itself in its call. Safe to
// call from any goroutine.
func (w *Watcher) Unregister() error {
	ws := w.of
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.removed {
		return ErrUnregistered
	}
	w.removed = true
	k := w.key
	k.all = slices.DeleteFunc(k.all, func(x *Watcher) bool { return x == w })
	if len(k.all) == 0 {
		delete(ws.keys, k.name)
		if ws.link != nil {
			ws.link.tell(k.unwatch)
		}
	}
	return nil
}

// start begins the calls for what has not been seen. Called with mu held.
func (w *Watcher) start() {
	w.running = true
	go w.run()
}

// run calls f until it has seen the newest value, and then acknowledges that.
func (w *Watcher) run() {
	ws, k := w.of, w.key
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for !w.removed && !ws.conn.isClosing() {
		w.seen = k.version
		value := k.value
		ws.mu.Unlock()
		w.call(value)
		ws.mu.Lock()
		if w.removed || w.seen != k.version {
			continue
		}
		if k.unacked != nil {
			k.unacked.tell(k.watch)
			k.unacked = nil
		}
		break
	}
	w.running = false
}

// call calls f and survives its panic.
func (w *Watcher) call(value Value) {
	defer func() {
		if v := recover(); v != nil {
			w.of.conn.log.Error("netbox: watcher panicked", slog.String("key", w.key.name), slog.Any("panic", v),
				slog.String("stack", string(debug.Stack())))
		}
	}()
	w.f(w.key.name, slices.Clone(value))
}
