//go:build linux

package client

import "fmt"

// What is selected from: the space that package tarantool's server has.
const (
	space = "test"
	index = "pk"
	keys  = 128 // of the rows, from 0
)

// A Row is a tuple of the space.
type Row struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // it tells msgpack that a row is an array
	ID       uint
	Name     string
}

// check tells whether a select has found its row.
func check(rows []Row) error {
	if len(rows) != 1 || rows[0].Name == "" {
		return fmt.Errorf("one row was selected, these came: %v", rows)
	}
	return nil
}
