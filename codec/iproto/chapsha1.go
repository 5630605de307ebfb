package iproto

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"errors"
)

// ScrambleSize is the size in bytes of a scramble and of the part of a greeting's salt that chap-sha1 uses.
const ScrambleSize = sha1.Size

// ErrSalt is the error of a salt with less than ScrambleSize bytes.
var ErrSalt = errors.New("iproto: salt is too short")

// Scramble computes what proves the knowledge of a password in chap-sha1:
//
//	SHA1(password) XOR SHA1(salt + SHA1(SHA1(password)))
//
// The salt is that of the greeting, of which the first ScrambleSize bytes count. Another error than ErrSalt there is
// not.
func Scramble(salt []byte, password string) (scramble [ScrambleSize]byte, err error) {
	if len(salt) < ScrambleSize {
		return scramble, ErrSalt
	}
	once := sha1.Sum([]byte(password))
	twice := PasswordHash(sha1.Sum(once[:]))
	mask := twice.mask(salt)
	subtle.XORBytes(scramble[:], once[:], mask[:])
	return scramble, nil
}

// PasswordHash is what a server keeps of a password for chap-sha1: SHA1(SHA1(password)). Who has it can verify the
// password, and cannot log in with it.
type PasswordHash [sha1.Size]byte

// HashPassword makes the hash of a password. No password is the same as an empty one.
func HashPassword(password string) PasswordHash {
	once := sha1.Sum([]byte(password))
	return sha1.Sum(once[:])
}

// ErrPasswordHash is the error of a text that is not the base64 of a PasswordHash.
var ErrPasswordHash = errors.New("iproto: not a hash of a password")

// ParsePasswordHash reads the text that String makes, and Tarantool keeps in _user. The error is ErrPasswordHash.
func ParsePasswordHash(s string) (h PasswordHash, err error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, ErrPasswordHash
	}
	return PasswordHash(b), nil
}

// String is the hash in base64, as Tarantool keeps it.
func (h PasswordHash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// Verify tells whether the scramble was made with that salt and a password of this hash, in a time that depends on
// the sizes only.
func (h PasswordHash) Verify(salt, scramble []byte) bool {
	if len(salt) < ScrambleSize || len(scramble) != ScrambleSize {
		return false
	}
	once := h.mask(salt)
	subtle.XORBytes(once[:], once[:], scramble)
	twice := sha1.Sum(once[:])
	return subtle.ConstantTimeCompare(twice[:], h[:]) == 1
}

// mask is SHA1(salt + hash).
func (h PasswordHash) mask(salt []byte) [sha1.Size]byte {
	var both [2 * sha1.Size]byte
	copy(both[:], salt[:ScrambleSize])
	copy(both[sha1.Size:], h[:])
	return sha1.Sum(both[:])
}
