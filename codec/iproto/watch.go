package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Watch is the body of WATCH, UNWATCH and WATCH_ONCE.
//
//	81  57 <string>
//
// WATCH subscribes to a key and acknowledges the EVENT received last; UNWATCH ends it. Neither has a reply, and
// net.box sends them without a sync. WATCH_ONCE is an ordinary request: its answer is a Data with the value, if any.
type Watch struct {
	Key []byte
}

// Append appends the body.
func (w Watch) Append(dst []byte) []byte {
	return msgp.AppendStringBytes(append(dst, 0x81, byte(KeyEventKey)), w.Key)
}

// AppendWatch appends a whole WATCH request without a sync.
func AppendWatch(dst []byte, key string) []byte { return appendWatch(dst, TypeWatch, key) }

// AppendUnwatch appends a whole UNWATCH request without a sync.
func AppendUnwatch(dst []byte, key string) []byte { return appendWatch(dst, TypeUnwatch, key) }

func appendWatch(dst []byte, typ Type, key string) []byte {
	dst, mark := BeginFrame(dst)
	dst = append(dst, 0x81, byte(KeyRequestType), byte(typ), 0x81, byte(KeyEventKey))
	return EndFrame(msgp.AppendString(dst, key), mark)
}

// ParseWatch reads what follows the header of a WATCH, UNWATCH or WATCH_ONCE; n is len(b) on success and the key is a
// view of b. The errors are *PacketErrors: "request body" without one, "packet body" when the bytes, a type or a key
// is wrong, and code CodeMissingRequestField without EVENT_KEY.
func ParseWatch(b []byte) (w Watch, n int, err error) {
	e, n, err := parseEvent(b, detailRequestBody)
	return Watch{Key: e.Key}, n, err
}
