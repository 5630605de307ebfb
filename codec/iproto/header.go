package iproto

import (
	"encoding/binary"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Header is the first map of a packet. Keys that are not there are 0 and missing from Fields; keys of replication
// are checked but not kept.
//
//	request   82  01 <sync>  00 <type>                          keys in any order, uints of any width
//	          83  01 <sync>  00 <type>  0a <stream>
//	reply     83  00 ce <type:4>  01 cf <sync:8>  05 cf <schema version:8>       27 bytes, Tarantool 3
//	          83  00 ce <type:4>  01 cf <sync:8>  05 ce <schema version:4>       23 bytes, Tarantool 2
//	event     82  00 4c  01 <sync>
type Header struct {
	Type          Type
	Fields        HeaderFields // which keys were there
	Sync          uint64
	SchemaVersion uint64
	StreamID      uint64
	ThreadID      uint64
}

// HeaderFields is the set of keys found in a header.
type HeaderFields uint8

// The keys that Header keeps.
const (
	HasType HeaderFields = 1 << iota
	HasSync
	HasSchemaVersion
	HasStreamID
	HasThreadID
)

// Has tells whether all of the fields were in the header.
func (h *Header) Has(f HeaderFields) bool { return h.Fields&f == f }

// ParseHeader reads the header at the front of a packet; the body is b[n:]. It follows the rules of Tarantool 3: the
// header is one map with unsigned keys, every known key has its type, reserved keys hold nil, unknown keys (from 0x65
// on) are skipped, the last of equal keys wins, and of the type 32 bits are kept.
//
// The error is a *PacketError, and h then has what was read before the fault, so that the answer can carry the sync.
// (Of a map whose bytes are at fault themselves nothing is read.)
func ParseHeader(b []byte) (h Header, n int, err error) {
	n, err = h.Parse(b)
	return h, n, err
}

// Parse is ParseHeader with h as the result, whatever was in it before. It is for who parses many: the copy of a result
// that is several words long waits for them to be written.
func (h *Header) Parse(b []byte) (n int, err error) {
	*h = Header{}
	if len(b) >= 5 {
		switch b[0] {
		case 0x83:
			n = h.parseReply(b)
			if n == 0 {
				n = h.parseStreamRequest(b)
			}
		case 0x82:
			n = h.parseRequest(b)
		}
		if n > 0 {
			return n, nil
		}
	}
	return h.parseAny(b)
}

// parseReply recognises the two forms of a server's replies. It returns 0 for anything else.
func (h *Header) parseReply(b []byte) int {
	if len(b) < 23 || b[1] != byte(KeyRequestType) || b[2] != 0xce ||
		b[7] != byte(KeySync) || b[8] != 0xcf || b[17] != byte(KeySchemaVersion) {
		return 0
	}
	n := 0
	switch {
	case b[18] == 0xcf && len(b) >= 27:
		h.SchemaVersion, n = binary.BigEndian.Uint64(b[19:]), 27
	case b[18] == 0xce:
		h.SchemaVersion, n = uint64(binary.BigEndian.Uint32(b[19:])), 23
	default:
		return 0
	}
	h.Type = Type(binary.BigEndian.Uint32(b[3:]))
	h.Sync = binary.BigEndian.Uint64(b[9:])
	h.Fields = HasType | HasSync | HasSchemaVersion
	return n
}

// parseRequest recognises {SYNC, TYPE} and {TYPE, SYNC} with a type below 128. It returns 0 for anything else.
func (h *Header) parseRequest(b []byte) int {
	switch {
	case b[1] == byte(KeySync):
		sync, n, err := msgp.ReadUint(b[2:])
		n += 2
		if err != nil || len(b) < n+2 || b[n] != byte(KeyRequestType) || b[n+1] > 0x7f {
			return 0
		}
		h.Type, h.Sync, h.Fields = Type(b[n+1]), sync, HasType|HasSync
		return n + 2
	case b[1] == byte(KeyRequestType) && b[2] <= 0x7f && b[3] == byte(KeySync):
		sync, n, err := msgp.ReadUint(b[4:])
		if err != nil {
			return 0
		}
		h.Type, h.Sync, h.Fields = Type(b[2]), sync, HasType|HasSync
		return n + 4
	}
	return 0
}

// parseStreamRequest recognises {SYNC, TYPE, STREAM_ID} with a type below 128. It returns 0 for anything else.
func (h *Header) parseStreamRequest(b []byte) int {
	if b[1] != byte(KeySync) {
		return 0
	}
	var head Header
	n := head.parseRequest(b)
	if n == 0 || n >= len(b) || b[n] != byte(KeyStreamID) {
		return 0
	}
	stream, size, err := msgp.ReadUint(b[n+1:])
	if err != nil {
		return 0
	}
	*h = head
	h.StreamID, h.Fields = stream, h.Fields|HasStreamID
	return n + 1 + size
}

// parseAny reads a header of any form. As in Tarantool the bytes of the whole map are checked before any key is
// read.
func (h *Header) parseAny(b []byte) (n int, err error) {
	end, err := msgp.Skip(b)
	if err != nil {
		return 0, badHeader(end, err)
	}
	count, n, err := msgp.ReadMapHeader(b)
	if err != nil {
		return 0, badHeader(0, ErrNotMap)
	}
	for range count {
		key, size, err := msgp.ReadUint(b[n:])
		if err != nil {
			return 0, badHeader(n, ErrKey)
		}
		n += size
		if !Key(key).fits(b[n]) {
			return 0, badHeader(n, ErrType)
		}
		if Key(key) <= KeyThreadID && msgp.KindOf(b[n]) == msgp.KindUint {
			v, _, _ := msgp.ReadUint(b[n:])
			h.set(Key(key), v)
		}
		size, _ = msgp.Skip(b[n:])
		n += size
	}
	return n, nil
}

// set keeps the value of a key, if it is one that is kept.
func (h *Header) set(k Key, v uint64) {
	switch k {
	case KeyRequestType:
		h.Type, h.Fields = Type(v), h.Fields|HasType
	case KeySync:
		h.Sync, h.Fields = v, h.Fields|HasSync
	case KeySchemaVersion:
		h.SchemaVersion, h.Fields = v, h.Fields|HasSchemaVersion
	case KeyStreamID:
		h.StreamID, h.Fields = v, h.Fields|HasStreamID
	case KeyThreadID:
		h.ThreadID, h.Fields = v, h.Fields|HasThreadID
	}
}

// AppendRequestHeader appends a client's header, as net.box writes it: 82 01 <sync> 00 <type>, with 0a <stream>
// when stream is not 0.
func AppendRequestHeader(dst []byte, typ Type, sync, stream uint64) []byte {
	if stream == 0 {
		dst = append(dst, 0x82, byte(KeySync))
	} else {
		dst = append(dst, 0x83, byte(KeySync))
	}
	dst = msgp.AppendUint(dst, sync)
	dst = append(dst, byte(KeyRequestType))
	dst = msgp.AppendUint(dst, uint64(typ))
	if stream != 0 {
		dst = append(dst, byte(KeyStreamID))
		dst = msgp.AppendUint(dst, stream)
	}
	return dst
}

// replyHeaderLen is the size of what AppendReplyHeader appends.
const replyHeaderLen = 27

// AppendReplyHeader appends a server's header in the 27 bytes of Tarantool 3.
func AppendReplyHeader(dst []byte, typ Type, sync, schemaVersion uint64) []byte {
	dst = append(dst, 0x83, byte(KeyRequestType), 0xce, byte(typ>>24), byte(typ>>16), byte(typ>>8), byte(typ),
		byte(KeySync), 0xcf)
	dst = binary.BigEndian.AppendUint64(dst, sync)
	dst = append(dst, byte(KeySchemaVersion), 0xcf)
	return binary.BigEndian.AppendUint64(dst, schemaVersion)
}
