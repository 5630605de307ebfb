package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// watching answers WATCH, UNWATCH and WATCH_ONCE. The first two have no answer
// but an error.
func (x *session) watching(h *iproto.Header, body []byte) {
	w, _, err := iproto.ParseWatch(body)
	switch {
	case err != nil:
		x.refuse(*h, err)
	case h.Type == iproto.TypeWatchOnce:
		x.watchOnce(h, string(w.Key))
	case h.Type == iproto.TypeUnwatch:
		x.unwatch(string(w.Key))
	default:
		x.watch(h, w.Key)
	}
}

// watch registers a watcher, or takes the acknowledgement of its last event.
func (x *session) watch(h *iproto.Header, key []byte) {
	if x.board == nil {
		x.board = x.srv.boardOf(x.conn.Loop())
	}
	b := x.board
	w := x.watches[string(key)]
	switch {
	case w == nil && len(x.watches) >= x.srv.cfg.MaxWatches:
		x.fail(h, unsupported(fmt.Sprintf("more than %d watched keys in a session", x.srv.cfg.MaxWatches)))
		return
	case w == nil && x.watchBytes+len(key) > x.srv.cfg.Readahead:
		x.fail(h, unsupported(fmt.Sprintf("watched keys of more than %d bytes in a session", x.srv.cfg.Readahead)))
		return
	case w == nil:
		w = x.register(b, string(key))
		b.schedule(w)
	case w.state == watchRunning && w.version != w.topic.value.Load().version:
		b.schedule(w)
	case w.state == watchRunning:
		w.state = watchIdle
	}
	w.sync = h.Sync
}

func (x *session) register(b *board, key string) *watch {
	t := x.srv.topics.watch(key, b)
	w := &watch{session: x, topic: t}
	b.join(w)
	if x.watches == nil {
		x.watches = map[string]*watch{}
	}
	x.watches[key] = w
	x.watchBytes += len(key)
	if key == keyShutdown {
		x.srv.lastRites.Add(1)
	}
	return w
}

// watchOnce answers with the value of a key, or with none.
func (x *session) watchOnce(h *iproto.Header, key string) {
	data := x.srv.topics.data(key)
	b, mark := iproto.BeginFrame(x.out.B)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, x.srv.schemaVersion())
	b, at := iproto.AppendDataHead(b)
	if data != nil {
		b = iproto.EndData(append(b, data...), at, 1)
	}
	x.out.B = iproto.EndFrame(b, mark)
}

// unwatch ends a watch, if there is one. Called on the loop.
func (x *session) unwatch(key string) {
	w := x.watches[key]
	if w == nil {
		return
	}
	delete(x.watches, key)
	x.watchBytes -= len(key)
	w.gone = true
	x.board.part(w)
	x.srv.topics.unwatch(w.topic, x.board)
	if key == keyShutdown && x.srv.lastRites.Add(-1) == 0 {
		x.srv.moved()
	}
}

func (x *session) unwatchAll() {
	for key := range x.watches {
		x.unwatch(key)
	}
	x.parked = nil
}

// sendEvent writes an EVENT, at once: all output of the loop's turn has been
// written before.
func (x *session) sendEvent(sync uint64, key string, v *value) {
	frame := v.frame
	if sync != 0 {
		frame = iproto.AppendEvent(nil, sync, iproto.Event{Key: []byte(key), Data: v.data})
	}
	x.counts.events.Add(1)
	_ = x.conn.WriteNow(frame)
}

// sendEvents sends what was held back while the client did not read. Called on
// the loop.
func (x *session) sendEvents() {
	if len(x.parked) == 0 {
		return
	}
	x.board.due = append(x.board.due, x.parked...)
	x.parked = nil
	x.board.arrange()
}
