package iproto

import (
	"math"

	"github.com/kharon-net/kharon/codec/msgp"
)

// ParseBody takes what follows the header of a packet apart: nothing (nil), or one value of any type and nothing
// behind it. Only packets whose body is not looked at further need it, such as PING.
func ParseBody(b []byte) (body []byte, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	n, err := msgp.Skip(b)
	if err != nil {
		return nil, badBody(detailBody, n, err)
	}
	if n < len(b) {
		return nil, badBody(detailBody, n, ErrJunk)
	}
	return b[:n:n], nil
}

// pairs walks the keys and values of a body. The body has been checked: its bytes are those of one map.
type pairs struct {
	b    []byte
	pos  int  // of the next key
	left int  // pairs to come
	lax  bool // keys of other types are noKey
}

// noKey is none of the keys of the protocol.
const noKey Key = math.MaxUint64

// openBody checks the bytes of a body, then that it is a map; detail is what Tarantool calls a body that is not.
func openBody(b []byte, detail string) (p pairs, err error) {
	if _, err := ParseBody(b); err != nil {
		return p, err
	}
	count, n, err := msgp.ReadMapHeader(b)
	if err != nil {
		return p, badBody(detail, 0, ErrNotMap)
	}
	return pairs{b: b, pos: n, left: count}, nil
}

// next moves to the next pair: value begins the value, which is at offset. ok is false behind the last pair and,
// with an error, at a key that is no unsigned integer, unless the walk is lax.
func (p *pairs) next(detail string) (key Key, value []byte, offset int, ok bool, err error) {
	if p.left == 0 {
		return 0, nil, p.pos, false, nil
	}
	p.left--
	k, n, err := msgp.ReadUint(p.b[p.pos:])
	if err != nil && p.lax {
		k = uint64(noKey)
		n, err = msgp.Skip(p.b[p.pos:])
	}
	if err != nil {
		return 0, nil, p.pos, false, badBody(detail, p.pos, ErrKey)
	}
	offset = p.pos + n
	size, _ := msgp.Skip(p.b[offset:])
	end := offset + size
	p.pos = end
	return Key(k), p.b[offset:end:end], offset, true, nil
}
