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

// see takes note of a row.
func (w *walk) see(r *Row) {
	w.rows++
	w.sum += r.ID
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

// bySlices walks as the libraries do that give slices of rows: limit rows from the given key on, into rows.
func bySlices(op Op, get func(from, limit int, rows *[]Row) error) func(context.Context, *walk) error {
	limit := Rows
	if op == Paged {
		limit = page
	}
	var rows []Row
	return func(_ context.Context, w *walk) error {
		for w.rows < Rows {
			if err := get(w.rows, limit, &rows); err != nil {
				return err
			}
			if len(rows) == 0 {
				return nil
			}
			for i := range rows {
				w.see(&rows[i])
			}
		}
		return nil
	}
}
