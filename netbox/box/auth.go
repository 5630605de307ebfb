package box

import (
	"crypto/sha1"
	"crypto/subtle"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// auth answers an AUTH request. There is but the guest, who has no password
// and who a session is from the beginning.
func (x *session) auth(h *iproto.Header, body []byte) {
	keys, err := parseKeys(body)
	switch {
	case err != nil:
		x.refuse(*h, err)
	case !keys.has(iproto.KeyUserName):
		x.refuse(*h, missing(iproto.KeyUserName))
	case !keys.has(iproto.KeyTuple):
		x.refuse(*h, missing(iproto.KeyTuple))
	case string(keys.string(iproto.KeyUserName)) == "guest" && x.noPassword(keys[iproto.KeyTuple]):
		x.out.B = iproto.AppendOK(x.out.B, h.Sync, schemaVersion)
	default:
		x.fail(h.Sync, iproto.NewError(iproto.CodeCredsMismatch, "User not found or supplied credentials are invalid"))
	}
}

// noPassword reports whether the TUPLE of an AUTH request is empty, or proves
// by chap-sha1 that the client knows the password to be empty.
func (x *session) noPassword(tuple []byte) bool {
	a, err := msgp.NewArray(tuple)
	if err != nil || a.Len() == 0 {
		return err == nil
	}
	method, scramble := a.Bytes(0), a.Bytes(1)
	if a.Err() != nil || string(method) != "chap-sha1" || len(scramble) != sha1.Size {
		return false
	}
	// scramble = sha1(password) xor sha1(salt, sha1(sha1(password)))
	once := sha1.Sum(nil)
	twice := sha1.Sum(once[:])
	mask := sha1.Sum(append(append([]byte{}, x.salt[:sha1.Size]...), twice[:]...))
	subtle.XORBytes(mask[:], mask[:], scramble)
	return subtle.ConstantTimeCompare(mask[:], once[:]) == 1
}
