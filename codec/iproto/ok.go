package iproto

import "encoding/binary"

// AppendOK appends a whole answer without data, as to PING, AUTH or COMMIT: a frame of 33 bytes.
//
//	ce 0000001c  83  00 ce 00000000  01 cf <sync:8>  05 cf <schema version:8>  80
func AppendOK(dst []byte, sync, schemaVersion uint64) []byte {
	dst = append(dst, 0xce, 0, 0, 0, replyHeaderLen+1, 0x83, byte(KeyRequestType), 0xce, 0, 0, 0, 0,
		byte(KeySync), 0xcf)
	dst = binary.BigEndian.AppendUint64(dst, sync)
	dst = append(dst, byte(KeySchemaVersion), 0xcf)
	dst = binary.BigEndian.AppendUint64(dst, schemaVersion)
	return append(dst, 0x80)
}
