package iproto

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// PapSHA256 is what a server keeps of a password for pap-sha256: a salt of its own and SHA256(salt + password). The
// client sends the password itself, which is why the method is for encrypted connections only.
type PapSHA256 struct {
	Salt [20]byte
	Hash [sha256.Size]byte
}

// NewPapSHA256 makes a PapSHA256 of a password, with a salt from crypto/rand.
func NewPapSHA256(password string) PapSHA256 {
	var p PapSHA256
	_, _ = rand.Read(p.Salt[:]) // never fails
	p.Hash = p.hash([]byte(password))
	return p
}

// Verify tells whether this is the password, in a time that depends on its size only.
func (p PapSHA256) Verify(password []byte) bool {
	hash := p.hash(password)
	return subtle.ConstantTimeCompare(hash[:], p.Hash[:]) == 1
}

func (p PapSHA256) hash(password []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(p.Salt[:])
	h.Write(password)
	h.Sum(sum[:0])
	return sum
}
