package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// The methods of authentication.
const (
	AuthChapSHA1  = "chap-sha1"  // a scramble proves the password: Scramble, PasswordHash
	AuthPapSHA256 = "pap-sha256" // the password itself, for encrypted connections only: PapSHA256
)

// Auth is the body of an AUTH, which makes another user of the session. The answer is an empty body.
//
//	82  23 <string>  21 92 <method, string> <data, string>
//	82  23 <string>  21 90                                      guest, without a password
type Auth struct {
	User   []byte
	Method []byte // AuthChapSHA1 or AuthPapSHA256; nil for the empty form
	Data   []byte // what the method is given: a scramble of 20 bytes, a password
}

// Append appends the body.
func (a Auth) Append(dst []byte) []byte {
	dst = msgp.AppendStringBytes(append(dst, 0x82, byte(KeyUserName)), a.User)
	dst = append(dst, byte(KeyTuple))
	if a.Method == nil {
		return append(dst, 0x90)
	}
	dst = msgp.AppendStringBytes(append(dst, 0x92), a.Method)
	return msgp.AppendStringBytes(dst, a.Data)
}

const detailAuth = "authentication request body"

// ParseAuth reads what follows the header of an AUTH; n is len(b) on success and the slices of the result are views
// of b. The data may be a string or a binary.
//
// The errors are *PacketErrors in Tarantool's words: "missing request body" when there is none, "packet body" when
// the bytes, a type or a key is wrong or something follows the body, "authentication request body" for a method
// that is no string or without data, code CodeInvalidAuthRequest for data of another type, and code
// CodeMissingRequestField when USER_NAME or TUPLE is missing.
func ParseAuth(b []byte) (a Auth, n int, err error) {
	if len(b) == 0 {
		return a, 0, badBody(detailNoBody, 0, nil)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return a, 0, err
	}
	var tuple []byte
	at := 0
	for {
		key, value, offset, ok, err := p.next(detailBody)
		switch {
		case err != nil:
			return Auth{}, 0, err
		case !ok && a.User == nil:
			return Auth{}, 0, missingField(KeyUserName, p.pos)
		case !ok && tuple == nil:
			return Auth{}, 0, missingField(KeyTuple, p.pos)
		case !ok:
			if err := a.setProof(tuple, at); err != nil {
				return Auth{}, 0, err
			}
			return a, len(b), nil
		case (key == KeyUserName || key == KeyTuple) && !key.fits(value[0]):
			return Auth{}, 0, badBody(detailBody, offset, ErrType)
		}
		switch key {
		case KeyUserName:
			a.User, _, _ = msgp.ReadString(value)
		case KeyTuple:
			tuple, at = value, offset
		}
	}
}

// setProof takes the array of method and data, which stands at offset. Elements behind them are ignored.
func (a *Auth) setProof(tuple []byte, offset int) (err error) {
	count, n, _ := msgp.ReadArrayHeader(tuple)
	if count == 0 {
		return nil
	}
	method, size, err := msgp.ReadString(tuple[n:])
	if err != nil || count < 2 {
		return badBody(detailAuth, offset, nil)
	}
	n += size
	if a.Data, _, err = readStringOrBin(tuple[n:]); err != nil {
		text := "Invalid '" + string(method) + "' request: scramble must be string"
		return &PacketError{Code: CodeInvalidAuthRequest, Detail: text, Offset: offset + n, Err: ErrType}
	}
	a.Method = method
	return nil
}

// readStringOrBin reads a string or a binary.
func readStringOrBin(b []byte) (text []byte, n int, err error) {
	if msgp.KindOf(b[0]) == msgp.KindBin {
		return msgp.ReadBin(b)
	}
	return msgp.ReadString(b)
}
