package box

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// ErrSystemKey refuses a broadcast of a key that belongs to the server: one
// that begins with "box." or "internal.".
var ErrSystemKey = errors.New("box: System event can't be override")

// topics are the keys that have a value or are watched.
type topics struct {
	mu    sync.Mutex
	byKey map[string]*topic
}

// A topic is one key. Its value is encoded once, however many watch it.
//
// A broadcast stores the value and then calls each loop that has watchers, once
// until it has come. So a loop finds the value or will be called; see board.
type topic struct {
	// immutable
	key string

	value atomic.Pointer[value] // never nil

	// guarded by topics.mu
	boards   []*board // of the loops with watchers
	watchers int
}

// A value is what a topic has between two broadcasts.
type value struct {
	version uint64
	data    []byte // encoded; nil: none
	frame   []byte // the whole EVENT with sync 0, as net.box has it
}

func newValue(key string, version uint64, data []byte) *value {
	return &value{version, data, iproto.AppendEvent(nil, 0, iproto.Event{Key: []byte(key), Data: data})}
}

// Broadcast gives a key a value, and tells those who watch it. They get the
// newest value, not every one of them: at most one event per session and key
// is on its way. Nil is a value, too; see BroadcastNone.
//
// The error is ErrSystemKey, or why v can not be encoded. Safe to call from
// any goroutine.
func (s *Server) Broadcast(key string, v any) error {
	if strings.HasPrefix(key, "box.") || strings.HasPrefix(key, "internal.") {
		return ErrSystemKey
	}
	return s.announce(key, v)
}

// BroadcastNone takes the value of a key away, and tells those who watch it.
// The error is ErrSystemKey. Safe to call from any goroutine.
func (s *Server) BroadcastNone(key string) error {
	if strings.HasPrefix(key, "box.") || strings.HasPrefix(key, "internal.") {
		return ErrSystemKey
	}
	s.topics.set(key, nil)
	return nil
}

// announce is Broadcast for any key.
func (s *Server) announce(key string, v any) error {
	data, err := msgp.AppendValue(nil, v)
	if err != nil {
		return err
	}
	if n := len(key) + len(data); n > maxEvent {
		return &iproto.FrameTooLargeError{Size: uint64(n), Limit: maxEvent}
	}
	s.topics.set(key, data)
	return nil
}

// maxEvent is how long key and value of an EVENT may be together, in bytes.
const maxEvent = iproto.MaxPacket - 64

// set stores a value, or takes it away when data is nil, and calls the loops
// that have watchers.
func (all *topics) set(key string, data []byte) {
	all.mu.Lock()
	t := all.byKey[key]
	if t == nil {
		if data == nil { // without value and watchers there is nothing to tell
			all.mu.Unlock()
			return
		}
		t = all.add(key)
	}
	t.value.Store(newValue(key, t.value.Load().version+1, data))
	for _, b := range t.boards {
		b.call(t)
	}
	all.tidy(t)
	all.mu.Unlock()
}

// add makes a topic. Called with mu held.
func (all *topics) add(key string) *topic {
	t := &topic{key: key}
	t.value.Store(newValue(key, 0, nil))
	if all.byKey == nil {
		all.byKey = map[string]*topic{}
	}
	all.byKey[key] = t
	return t
}

// tidy forgets a topic without value and watchers. Called with mu held.
func (all *topics) tidy(t *topic) {
	if t.watchers == 0 && t.value.Load().data == nil {
		delete(all.byKey, t.key)
	}
}

// watch registers a watcher on the loop of b, which then joins the others there.
// Called on that loop.
func (all *topics) watch(key string, b *board) *topic {
	all.mu.Lock()
	defer all.mu.Unlock()
	t := all.byKey[key]
	if t == nil {
		t = all.add(key)
	}
	t.watchers++
	if !b.has(t) {
		t.boards = append(t.boards, b)
	}
	return t
}

// unwatch is the opposite of watch. Called on the loop of b, when the watcher
// has left the others there.
func (all *topics) unwatch(t *topic, b *board) {
	all.mu.Lock()
	defer all.mu.Unlock()
	t.watchers--
	if !b.has(t) {
		for i, other := range t.boards {
			if other == b {
				t.boards = append(t.boards[:i], t.boards[i+1:]...)
				break
			}
		}
	}
	all.tidy(t)
}

// data returns the value of a key, nil when it has none. Safe to call from any
// goroutine.
func (all *topics) data(key string) []byte {
	all.mu.Lock()
	defer all.mu.Unlock()
	if t := all.byKey[key]; t != nil {
		return t.value.Load().data
	}
	return nil
}

// counts returns how many topics and watchers there are. Safe to call from any
// goroutine.
func (all *topics) counts() (keys, watchers int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, t := range all.byKey {
		watchers += t.watchers
	}
	return len(all.byKey), watchers
}
