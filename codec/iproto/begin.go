package iproto

import (
	"math"
	"time"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Isolation is a level of isolation of transactions.
type Isolation uint8

// The levels of isolation.
const (
	IsolationDefault Isolation = iota // as the server is configured
	IsolationReadCommitted
	IsolationReadConfirmed
	IsolationBestEffort
	IsolationLinearizable

	isolationEnd
)

var isolationNames = [isolationEnd]string{
	"default", "read-committed", "read-confirmed", "best-effort", "linearizable",
}

// String names the level as Tarantool does, e.g. "read-committed"; others read "unknown".
func (i Isolation) String() string {
	if i < isolationEnd {
		return isolationNames[i]
	}
	return "unknown"
}

// maxTimeout is what longer timeouts are cut to: 100 years, Tarantool's infinity.
const maxTimeout = 100 * 365 * 24 * time.Hour

// Begin is the body of a BEGIN, which opens a transaction in a stream. Its zero value is written as no body.
//
//	8x  56 cb <seconds:8>  59 <level>  61 c3        each when it is set
type Begin struct {
	Timeout   time.Duration // after which the transaction is rolled back; 0 leaves it to the server
	Isolation Isolation
	IsSync    bool // commit synchronously
}

// Append appends the body.
func (m Begin) Append(dst []byte) []byte {
	if m == (Begin{}) {
		return dst
	}
	mark := len(dst)
	dst = append(dst, 0x80)
	if m.Timeout != 0 {
		dst[mark]++
		dst = msgp.AppendFloat64(append(dst, byte(KeyTimeout)), m.Timeout.Seconds())
	}
	if m.Isolation != IsolationDefault {
		dst[mark]++
		dst = msgp.AppendUint(append(dst, byte(KeyTxnIsolation)), uint64(m.Isolation))
	}
	if m.IsSync {
		dst[mark]++
		dst = append(dst, byte(KeyIsSync), 0xc3)
	}
	return dst
}

// ParseBegin reads what follows the header of a BEGIN; n is len(b) on success. No body is the zero value, and so is a
// timeout of 0. Longer timeouts than 100 years are 100 years.
//
// The errors are *PacketErrors in Tarantool's words: "packet body" when the bytes are wrong or something follows the
// body, "request body" for a wrong type (the timeout has to be a float64), and code CodeIllegalParams for a negative
// timeout, an unknown level, and IS_SYNC that is false.
func ParseBegin(b []byte) (m Begin, n int, err error) {
	if len(b) == 0 {
		return m, 0, nil
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return m, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailRequestBody)
		if err != nil {
			return Begin{}, 0, err
		}
		if !ok {
			return m, len(b), nil
		}
		if err := m.set(key, value, offset); err != nil {
			return Begin{}, 0, err
		}
	}
}

// set takes the value of one key, which begins at offset.
func (m *Begin) set(key Key, value []byte, offset int) error {
	switch key {
	case KeyTimeout, KeyTxnIsolation, KeyIsSync:
		if !key.fits(value[0]) {
			return badBody(detailRequestBody, offset, ErrType)
		}
	}
	switch key {
	case KeyTimeout:
		seconds, _, _ := msgp.ReadFloat64(value)
		if !(seconds >= 0) {
			return illegalParams("timeout must be a number greater than 0", offset)
		}
		m.Timeout = time.Duration(math.Round(min(seconds, maxTimeout.Seconds()) * 1e9))
	case KeyTxnIsolation:
		level, _, _ := msgp.ReadUint(value)
		if level >= uint64(isolationEnd) {
			return illegalParams("unknown isolation level", offset)
		}
		m.Isolation = Isolation(level)
	case KeyIsSync:
		if m.IsSync, _, _ = msgp.ReadBool(value); !m.IsSync {
			return illegalParams("is_sync can only be true", offset)
		}
	}
	return nil
}
