package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Event is the body of an EVENT, which a server sends unasked to those who watch a key.
//
//	81  57 <string>                  the key has no value
//	82  57 <string>  58 <value>
type Event struct {
	Key  []byte
	Data []byte // the value, still encoded; nil when the key has none
}

// Append appends the body.
func (e Event) Append(dst []byte) []byte {
	if e.Data == nil {
		return Watch{Key: e.Key}.Append(dst)
	}
	dst = append(dst, 0x82, byte(KeyEventKey))
	dst = msgp.AppendStringBytes(dst, e.Key)
	dst = append(dst, byte(KeyEventData))
	return append(dst, e.Data...)
}

// AppendEvent appends a whole EVENT: a frame whose header has no schema version, and the sync of the last WATCH.
//
//	ce <length:4>  82  00 4c  01 <sync>  …
func AppendEvent(dst []byte, sync uint64, e Event) []byte {
	dst, mark := BeginFrame(dst)
	dst = append(dst, 0x82, byte(KeyRequestType), byte(TypeEvent), byte(KeySync))
	dst = msgp.AppendUint(dst, sync)
	return EndFrame(e.Append(dst), mark)
}

// ParseEvent reads what follows the header of an EVENT; n is len(b) on success and the slices are views of b. The
// errors are *PacketErrors, with the code CodeMissingRequestField for an event without a key.
func ParseEvent(b []byte) (e Event, n int, err error) { return parseEvent(b, detailBody) }

// parseEvent reads the body of an EVENT or a WATCH; absent is what Tarantool calls its absence.
func parseEvent(b []byte, absent string) (e Event, n int, err error) {
	if len(b) == 0 {
		return e, 0, badBody(absent, 0, nil)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return e, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		switch {
		case err != nil:
			return Event{}, 0, err
		case !ok && e.Key == nil:
			return Event{}, 0, missingField(KeyEventKey, p.pos)
		case !ok:
			return e, len(b), nil
		}
		switch key {
		case KeyEventKey:
			if e.Key, _, err = msgp.ReadString(value); err != nil {
				return Event{}, 0, badBody(detailBody, offset, ErrType)
			}
		case KeyEventData:
			e.Data = value
		}
	}
}
