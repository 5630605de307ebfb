package netbox

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Result is what a call returned: an array of values, looked into where
// needed. See msgp.Array for its methods: Len, Int, String, Decode, Values and
// so on.
type Result struct {
	msgp.Array
}

// A Value is one value of the server's that is not decoded yet. See msgp.Raw
// for its methods: Decode, Any, Int.
type Value = msgp.Raw

// parseResult takes the body of an answer apart.
func parseResult(typ iproto.Type, body []byte) (Result, error) {
	if typ != iproto.TypeOK {
		return Result{}, parseError(typ, body)
	}
	data, _, err := iproto.ParseData(body)
	if err != nil {
		return Result{}, fmt.Errorf("netbox: answer: %w", err)
	}
	array, err := msgp.NewArray(data)
	if err != nil {
		return Result{}, fmt.Errorf("netbox: answer: %w", err)
	}
	return Result{array}, nil
}

func parseError(typ iproto.Type, body []byte) error {
	e, err := iproto.ParseError(typ.Code(), body)
	if err != nil {
		return fmt.Errorf("netbox: error answer with code %v: %w", typ.Code(), err)
	}
	return e
}
