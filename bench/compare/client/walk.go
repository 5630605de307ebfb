//go:build linux

package client

import (
	"context"
	"fmt"
	"time"
)

// A walk is a way through all rows of the space many.
type walk struct {
	rows int
	sum  uint64 // of the keys
}

// see takes note of a row by its key.
func (w *walk) see(id uint64) {
	w.rows++
	w.sum += id
}

// A PlainRow is a row of which the libraries find out by themselves how it is decoded.
type PlainRow struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // tells msgpack/v5 the form
	ID       uint64
	Name     string
}

func (r Row) key() uint64      { return r.ID }
func (r PlainRow) key() uint64 { return r.ID }

// A row is of either kind.
type row interface {
	Row | PlainRow
	key() uint64
}

// walks is the caller that walks until the time is over. f shows the walk all rows.
func walks(f func(ctx context.Context, w *walk) error) func(ctx context.Context, t *turns) error {
	return func(ctx context.Context, t *turns) error {
		for !t.over.Load() {
			began := time.Now()
			w := walk{}
			if err := f(ctx, &w); err != nil {
				return err
			}
			if w.rows != Rows || w.sum != Rows*(Rows-1)/2 {
				return fmt.Errorf("there are %d rows, of which %d came, their keys adding up to %d", Rows, w.rows, w.sum)
			}
			t.ops += w.rows
			t.lat.add(time.Since(began))
		}
		return nil
	}
}

// A getter selects limit rows from the given key on into what rows points to, a slice.
type getter func(from, limit int, rows any) error

// bySlices walks as the libraries do that give slices of rows.
func bySlices(op Op, get getter) func(context.Context, *walk) error {
	switch op {
	case Plain:
		return inPages[PlainRow](Rows, get)
	case Paged:
		return inPages[Row](page, get)
	}
	return inPages[Row](Rows, get)
}

func inPages[R row](limit int, get getter) func(context.Context, *walk) error {
	var rows []R
	return func(_ context.Context, w *walk) error {
		for w.rows < Rows {
			if err := get(w.rows, limit, &rows); err != nil {
				return err
			}
			if len(rows) == 0 {
				return nil
			}
			for i := range rows {
				w.see(rows[i].key())
			}
		}
		return nil
	}
}
