package netbox

import (
	"bytes"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Result is what a request returned: the results of a call, tuples, rows. It
// is an array of values, looked into where needed. See msgp.Array for its
// methods: Len, Int, String, Decode, Values and so on.
type Result struct {
	msgp.Array
	body []byte // all of the answer
}

// A Value is one value of the server's that is not decoded yet. See msgp.Raw
// for its methods: Decode, Any, Int.
type Value = msgp.Raw

// parse takes the body of an answer apart. (It fills in a Result that is there,
// because a copy of one that has just been written costs as much as the rest.)
func (r *Result) parse(typ iproto.Type, body []byte) error {
	if typ != iproto.TypeOK {
		return parseError(typ, body)
	}
	data, _, err := iproto.ParseData(body)
	if err == nil {
		err = r.Reset(data)
	}
	if err != nil {
		return fmt.Errorf("netbox: answer: %w", err)
	}
	r.body = body
	return nil
}

func parseError(typ iproto.Type, body []byte) error {
	e, err := iproto.ParseError(typ.Code(), body)
	if err != nil {
		return fmt.Errorf("netbox: error answer with code %v: %w", typ.Code(), err)
	}
	return e
}

// clone returns the result with bytes of its own.
func (r *Result) clone() (c Result, err error) {
	if len(r.body) > 1 {
		err = c.parse(iproto.TypeOK, bytes.Clone(r.body))
	}
	return c, err
}

// Raw returns the encoded array of the results: of the tuples, of the rows. It
// lives as long as the result.
func (r *Result) Raw() []byte {
	data, _, _ := iproto.ParseData(r.body) // it was parsed before
	return data
}

// Position returns where the next page begins, for SelectOptions.After: nil when
// nothing was selected, or it was not asked for.
func (r *Result) Position() []byte {
	d, _, _ := iproto.ParseDataAll(r.body) // it was parsed before
	return bytes.Clone(d.Position)
}
