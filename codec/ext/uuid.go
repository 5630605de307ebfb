package ext

import (
	"github.com/google/uuid"

	"github.com/kharon-net/kharon/codec/msgp"
)

// AppendUUID appends u as an extension of type 2: d8 02 and its 16 bytes in the order of the text.
func AppendUUID(dst []byte, u uuid.UUID) []byte {
	return append(msgp.AppendExtHeader(dst, TypeUUID, len(u)), u[:]...)
}

func appendUUID(dst []byte, u uuid.UUID) ([]byte, error) { return append(dst, u[:]...), nil }

// ReadUUID reads the UUID at the front of b, an extension of type 2; n is its size. The error is one of msgp, or an
// *Error for another size than 16 bytes.
func ReadUUID(b []byte) (u uuid.UUID, n int, err error) { return read(b, TypeUUID, parseUUID) }

func parseUUID(payload []byte) (u uuid.UUID, err error) {
	if len(payload) != len(u) {
		return u, refuse(TypeUUID, "not of 16 bytes")
	}
	return uuid.UUID(payload), nil
}
