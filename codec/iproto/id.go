package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// ID is the body of an ID request, with which a client introduces itself, and of the answer to it.
//
//	request  82  54 <version>  55 <array of features>
//	answer   83  54 <version>  55 <array of features>  5b <name of the authentication method>
type ID struct {
	Version  uint64   // of the protocol: ProtocolVersion, 0 when not told
	Features Features // what the sender can do
	AuthType string   // the server's default method of authentication; not written when empty
}

// Append appends the body.
func (m ID) Append(dst []byte) []byte {
	head := byte(0x82)
	if m.AuthType != "" {
		head = 0x83
	}
	dst = append(dst, head, byte(KeyVersion))
	dst = msgp.AppendUint(dst, m.Version)
	dst = append(dst, byte(KeyFeatures))
	dst = msgp.AppendArrayHeader(dst, m.Features.Len())
	for f := range Feature(64) {
		if m.Features.Has(f) {
			dst = append(dst, byte(f))
		}
	}
	if m.AuthType != "" {
		dst = append(dst, byte(KeyAuthType))
		dst = msgp.AppendString(dst, m.AuthType)
	}
	return dst
}

// ParseID reads what follows the header of an ID request or of its answer; n is len(b) on success. Version and
// features may be missing, the body may not. Features that Features has no place for are dropped. The errors are
// *PacketErrors, "request body" in Tarantool's words when a type is wrong or the body is missing.
func ParseID(b []byte) (m ID, n int, err error) {
	if len(b) == 0 {
		return m, 0, badBody(detailRequestBody, 0, nil)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return m, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailRequestBody)
		if err != nil {
			return ID{}, 0, err
		}
		if !ok {
			return m, len(b), nil
		}
		if err := m.set(key, value); err != nil {
			return ID{}, 0, badBody(detailRequestBody, offset, ErrType)
		}
	}
}

// set takes the value of one key.
func (m *ID) set(key Key, value []byte) (err error) {
	switch key {
	case KeyVersion:
		m.Version, _, err = msgp.ReadUint(value)
	case KeyFeatures:
		m.Features, err = parseFeatures(value)
	case KeyAuthType:
		var s []byte
		s, _, err = msgp.ReadString(value)
		m.AuthType = string(s)
	}
	return err
}

func parseFeatures(b []byte) (s Features, err error) {
	count, n, err := msgp.ReadArrayHeader(b)
	if err != nil {
		return 0, err
	}
	for range count {
		f, size, err := msgp.ReadUint(b[n:])
		if err != nil {
			return 0, err
		}
		if f < 64 {
			s |= 1 << f
		}
		n += size
	}
	return s, nil
}
