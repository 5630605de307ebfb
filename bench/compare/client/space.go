//go:build linux

package client

import (
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/msgp"
)

// What is selected from: the space that package tarantool's server has.
const (
	space = "test"
	index = "pk"
	keys  = 128 // of the rows, from 0
)

// What is walked through: another space of that server, with as much in a row.
const (
	manySpace = "many"
	Rows      = 100_000 // there are, with keys from 0
	page      = 3000    // rows in one: 60 kB
)

// A Row is a tuple of the space. It decodes itself, which is the fastest that each library has.
type Row struct {
	ID   uint64
	Name string
}

// DecodeMsgpack is for go-tarantool and FZambia/tarantool ("Custom (un)packing and typed selects and function calls" in
// the former's README).
func (r *Row) DecodeMsgpack(d *msgpack.Decoder) error {
	n, err := d.DecodeArrayLen()
	if err == nil && n != 2 {
		err = fmt.Errorf("a tuple of %d fields", n)
	}
	if err == nil {
		r.ID, err = d.DecodeUint64()
	}
	if err == nil {
		r.Name, err = d.DecodeString()
	}
	return err
}

// DecodeTuple is for netbox (TupleDecoder).
func (r *Row) DecodeTuple(t msgp.Array) error {
	r.ID, r.Name = uint64(t.Int(0)), t.String(1)
	return t.Err()
}

// check tells whether a select has found its row.
func check(rows []Row) error {
	if len(rows) != 1 || rows[0].Name == "" {
		return fmt.Errorf("one row was selected, these came: %v", rows)
	}
	return nil
}
