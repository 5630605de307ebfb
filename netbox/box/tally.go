package box

import (
	"iter"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// RequestStats tell how many requests of each type have been received, as
// Tarantool's box.stat does.
type RequestStats struct {
	Select, Insert, Replace, Update, Delete, Upsert uint64
	Call, Eval                                      uint64 // CALL_16 is one of Call
	Execute, Prepare                                uint64 // of SQL; unprepare is one of Prepare
	Begin, Commit, Rollback                         uint64
	Auth, Ping, ID                                  uint64
	Watch, Unwatch, WatchOnce                       uint64 // net.box acknowledges an event with a Watch
	Other                                           uint64 // types that are not served, and what has no header
}

// All ranges over the types, by the names they have in the protocol but in
// lower case ("select", "watch_once"), and "other" at the end. Safe to call from
// any goroutine.
func (s RequestStats) All() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for kind, n := range [kinds]uint64{
			s.Select, s.Insert, s.Replace, s.Update, s.Delete, s.Upsert, s.Call, s.Eval, s.Execute, s.Prepare,
			s.Begin, s.Commit, s.Rollback, s.Auth, s.Ping, s.ID, s.Watch, s.Unwatch, s.WatchOnce, s.Other,
		} {
			if !yield(kindNames[kind], n) {
				return
			}
		}
	}
}

var kindNames = [kinds]string{
	"select", "insert", "replace", "update", "delete", "upsert", "call", "eval", "execute", "prepare",
	"begin", "commit", "rollback", "auth", "ping", "id", "watch", "unwatch", "watch_once", "other",
}

// The kinds of requests that are counted, in the order of RequestStats.
const (
	kindSelect = iota
	kindInsert
	kindReplace
	kindUpdate
	kindDelete
	kindUpsert
	kindCall
	kindEval
	kindExecute
	kindPrepare
	kindBegin
	kindCommit
	kindRollback
	kindAuth
	kindPing
	kindID
	kindWatch
	kindUnwatch
	kindWatchOnce
	kindOther
	kinds
)

// kindOf are the kinds of the types that have one.
var kindOf = func() (t [iproto.TypeWatchOnce + 1]uint8) {
	for i := range t {
		t[i] = kindOther
	}
	for typ, kind := range map[iproto.Type]uint8{
		iproto.TypeSelect: kindSelect, iproto.TypeInsert: kindInsert, iproto.TypeReplace: kindReplace,
		iproto.TypeUpdate: kindUpdate, iproto.TypeDelete: kindDelete, iproto.TypeUpsert: kindUpsert,
		iproto.TypeCall: kindCall, iproto.TypeCall16: kindCall, iproto.TypeEval: kindEval,
		iproto.TypeExecute: kindExecute, iproto.TypePrepare: kindPrepare,
		iproto.TypeBegin: kindBegin, iproto.TypeCommit: kindCommit, iproto.TypeRollback: kindRollback,
		iproto.TypeAuth: kindAuth, iproto.TypePing: kindPing, iproto.TypeID: kindID,
		iproto.TypeWatch: kindWatch, iproto.TypeUnwatch: kindUnwatch, iproto.TypeWatchOnce: kindWatchOnce,
	} {
		t[typ] = kind
	}
	return t
}()

// kindTotals are counts of requests by their kind.
type kindTotals [kinds]uint64

// stats returns the counts by the names of their kinds.
func (t *kindTotals) stats() RequestStats {
	return RequestStats{
		Select: t[kindSelect], Insert: t[kindInsert], Replace: t[kindReplace], Update: t[kindUpdate],
		Delete: t[kindDelete], Upsert: t[kindUpsert], Call: t[kindCall], Eval: t[kindEval],
		Execute: t[kindExecute], Prepare: t[kindPrepare], Begin: t[kindBegin], Commit: t[kindCommit],
		Rollback: t[kindRollback], Auth: t[kindAuth], Ping: t[kindPing], ID: t[kindID],
		Watch: t[kindWatch], Unwatch: t[kindUnwatch], WatchOnce: t[kindWatchOnce], Other: t[kindOther],
	}
}

// sum returns the count of all kinds.
func (t *kindTotals) sum() (n uint64) {
	for _, c := range t {
		n += c
	}
	return n
}

// A tally counts the requests of a session. Mostly many of one kind come in a
// row: the loop counts the row, and publishes it when it ends, or the callback
// does.
type tally struct {
	// owned by the loop
	kind uint8
	row  uint64 // of that kind, not published

	counts [kinds]atomic.Uint64 // the loop alone writes
}

// add counts a request.
func (t *tally) add(typ iproto.Type) {
	kind := uint8(kindOther)
	if typ < iproto.Type(len(kindOf)) {
		kind = kindOf[typ]
	}
	if kind != t.kind {
		t.publish()
		t.kind = kind
	}
	t.row++
}

// takeBack forgets the request that was counted last: it comes again.
func (t *tally) takeBack() { t.row-- }

// publish shows others what has been counted.
func (t *tally) publish() {
	if t.row > 0 {
		c := &t.counts[t.kind]
		c.Store(c.Load() + t.row)
		t.row = 0
	}
}

// read adds what is published to totals. Safe to call from any goroutine.
func (t *tally) read(totals *kindTotals) {
	for kind := range t.counts {
		totals[kind] += t.counts[kind].Load()
	}
}
