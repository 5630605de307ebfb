package box

import (
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// keys are the values in the body of a request, by key: views of the body.
type keys map[iproto.Key][]byte

// kinds are the types that keys of a body must have, whichever request they
// stand in.
var kinds = map[iproto.Key]msgp.Kind{
	iproto.KeySpaceID: msgp.KindUint, iproto.KeyIndexID: msgp.KindUint,
	iproto.KeyLimit: msgp.KindUint, iproto.KeyOffset: msgp.KindUint,
	iproto.KeyIterator: msgp.KindUint, iproto.KeyIndexBase: msgp.KindUint,
	iproto.KeyKey: msgp.KindArray, iproto.KeyTuple: msgp.KindArray, iproto.KeyOps: msgp.KindArray,
	iproto.KeyFunctionName: msgp.KindString, iproto.KeyUserName: msgp.KindString,
	iproto.KeyExpr: msgp.KindString, iproto.KeySpaceName: msgp.KindString,
	iproto.KeyIndexName: msgp.KindString,
}

// parseKeys reads a body as Tarantool does: no body is an empty one, keys that
// are no unsigned integers or not known are skipped, the last of equal ones
// wins, and a known one has its type. The error is an *iproto.PacketError.
func parseKeys(body []byte) (keys, error) {
	bad := &iproto.PacketError{Code: iproto.CodeInvalidMsgPack, Detail: "packet body"}
	b, err := iproto.ParseBody(body)
	if err != nil || b == nil {
		return nil, err
	}
	count, n, err := msgp.ReadMapHeader(b)
	if err != nil {
		return nil, bad
	}
	found := keys{}
	for range count {
		key, _, err := msgp.ReadUint(b[n:])
		n += size(b[n:])
		value := b[n : n+size(b[n:])]
		n += len(value)
		if err != nil {
			continue
		}
		kind, known := kinds[iproto.Key(key)]
		if known && msgp.KindOf(value[0]) != kind {
			return nil, bad
		}
		found[iproto.Key(key)] = value
	}
	return found, nil
}

// size is the size of the value at the front of b, which has been checked.
func size(b []byte) int {
	n, _ := msgp.Skip(b)
	return n
}

func (k keys) has(key iproto.Key) bool { return k[key] != nil }

// uint returns the value of a key, 0 when it is not there.
func (k keys) uint(key iproto.Key) uint64 {
	v, _, _ := msgp.ReadUint(k[key])
	return v
}

// string returns the value of a key, nil when it is not there.
func (k keys) string(key iproto.Key) []byte {
	v, _, _ := msgp.ReadString(k[key])
	return v
}

// missing is the error about a key that is not there.
func missing(key iproto.Key) error {
	return &iproto.PacketError{Code: iproto.CodeMissingRequestField, Detail: key.String()}
}
