package box

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A table is a space that is only read: tuples of int64, string and nil, which it sorts for each request. It knows nothing
// of pages, unless seeks tells it to begin where the server says.
type table struct {
	seeks bool
	given atomic.Int64 // tuples that it has given

	mu     sync.Mutex
	tuples [][]any
}

// set changes the tuples.
func (tab *table) set(change func(tuples [][]any) [][]any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.tuples = change(slices.Clone(tab.tuples))
}

func (tab *table) Select(_ context.Context, _ *Request, q *Query) (iter.Seq[any], error) {
	key, err := q.Key.Values()
	if err != nil {
		return nil, err
	}
	after, err := q.After.Values()
	if err != nil {
		return nil, err
	}
	tab.mu.Lock()
	tuples := tab.tuples
	tab.mu.Unlock()
	down := slices.Contains([]iproto.Iterator{iproto.IteratorREQ, iproto.IteratorLT, iproto.IteratorLE}, q.Iterator)
	order := fieldsOf(q.Index.Parts, q.Space.Indexes[0].Parts)
	sorted := slices.SortedFunc(slices.Values(tuples), func(a, b []any) int {
		if down {
			a, b = b, a
		}
		return compareAny(pick(a, order), pick(b, order))
	})
	return func(yield func(any) bool) {
		for _, tuple := range sorted {
			of := pick(tuple, order)
			if !wanted(q.Iterator, compareAny(of[:len(key)], key), len(key)) {
				continue
			}
			if c := compareAny(of, after); tab.seeks && len(after) > 0 && (c == 0 || c < 0 != down) {
				continue
			}
			tab.given.Add(1)
			if !yield(tuple) {
				return
			}
		}
	}, nil
}

// fieldsOf numbers the fields that order an index, from 0.
func fieldsOf(parts, primary []Part) (fields []int) {
	for _, p := range append(slices.Clone(parts), primary...) {
		if !slices.Contains(fields, p.Field-1) {
			fields = append(fields, p.Field-1)
		}
	}
	return fields
}

func pick(tuple []any, fields []int) (key []any) {
	for _, f := range fields {
		if f < len(tuple) {
			key = append(key, tuple[f])
		} else {
			key = append(key, nil)
		}
	}
	return key
}

func compareAny(a, b []any) int {
	return slices.CompareFunc(a, b, func(x, y any) int {
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return -1
		case y == nil:
			return 1
		}
		if s, ok := x.(string); ok {
			return cmp.Compare(s, y.(string))
		}
		return cmp.Compare(x.(int64), y.(int64))
	})
}

// wanted tells whether the iterator gives a tuple whose key compares as c with the one asked for, of so many parts.
func wanted(it iproto.Iterator, c, parts int) bool {
	if parts == 0 {
		return true
	}
	switch it {
	case iproto.IteratorEQ, iproto.IteratorREQ:
		return c == 0
	case iproto.IteratorGE:
		return c >= 0
	case iproto.IteratorGT:
		return c > 0
	case iproto.IteratorLE:
		return c <= 0
	case iproto.IteratorLT:
		return c < 0
	}
	return true
}

// recordedSpaces are those that the recorded conversations are about.
func recordedSpaces(seeks bool) (users, kv Space) {
	users = Space{Name: "users", ID: 512,
		Format: []Field{{Name: "id", Type: "unsigned"}, {Name: "name", Type: "string"},
			{Name: "age", Type: "unsigned", Nullable: true}, {Name: "data", Type: "any", Nullable: true}},
		Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}}, {Name: "name", Parts: []Part{{2, "string"}}},
			{Name: "age", NotUnique: true, Parts: []Part{{3, "unsigned"}}}},
		Handler: &table{seeks: seeks, tuples: [][]any{{int64(1), "alice", int64(30), nil}, {int64(2), "Bob", int64(25)},
			{int64(3), "carol", int64(30)}, {int64(4), "dave"}, {int64(5), "eve", int64(41)}}}}
	rows := &table{seeks: seeks}
	for i, text := range []string{"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10"} {
		rows.tuples = append(rows.tuples, []any{int64(i + 1), text})
	}
	return users, Space{Name: "kv", ID: 513, Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}}}, Handler: rows}
}
