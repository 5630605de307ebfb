package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// A push is a frame of type CHUNK that carries one value and the sync of the request it belongs to:
//
//	ce <length:4>  83  00 ce 00000080  01 cf <sync:8>  05 cf <schema version:8>  81  30 dd 00000001 <value>

// AppendChunk appends a whole push of one encoded value.
func AppendChunk(dst []byte, sync, schemaVersion uint64, value []byte) []byte {
	dst, mark := AppendChunkHead(dst, sync, schemaVersion)
	return EndFrame(append(dst, value...), mark)
}

// AppendChunkHead appends a push up to its value, which the caller appends next, and then calls EndFrame with the
// mark.
func AppendChunkHead(dst []byte, sync, schemaVersion uint64) (out []byte, mark int) {
	dst, mark = BeginFrame(dst)
	dst = AppendReplyHeader(dst, TypeChunk, sync, schemaVersion)
	return append(dst, 0x81, byte(KeyData), 0xdd, 0, 0, 0, 1), mark
}

// ParseChunk reads what follows the header of a CHUNK and gives the pushed value, still encoded, as a view of b: the
// first element of DATA, nil when there is none. n is len(b) on success. The error is a *PacketError.
func ParseChunk(b []byte) (value []byte, n int, err error) {
	array, n, err := ParseData(b)
	if err != nil || array == nil {
		return nil, n, err
	}
	count, start, _ := msgp.ReadArrayHeader(array)
	if count == 0 {
		return nil, n, nil
	}
	size, _ := msgp.Skip(array[start:])
	end := start + size
	return array[start:end:end], n, nil
}
