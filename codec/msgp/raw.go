package msgp

import (
	"bytes"

	"github.com/vmihailenco/msgpack/v5"
)

// Raw is one value that is already encoded (or not decoded yet). AppendValue copies it as it is, after checking
// that it is exactly one value; a nil Raw is nil. DecodeValue into a *Raw makes a copy of the value's bytes.
type Raw []byte

// Decode decodes the value into what dst points to, as DecodeValue does.
func (r Raw) Decode(dst any) error {
	_, err := DecodeValue(r, dst)
	return err
}

// Any decodes the value, as Value does.
func (r Raw) Any() (any, error) {
	if r == nil {
		return nil, nil
	}
	v, _, err := Value(r)
	return v, err
}

// Int returns the value, an integer.
func (r Raw) Int() (int64, error) {
	v, _, err := ReadInt(r)
	return v, err
}

// Ext is an extension value whose type nobody has claimed: its type number and its payload.
type Ext struct {
	Type int8
	Data []byte
}

var (
	_ msgpack.CustomEncoder = Raw(nil)
	_ msgpack.CustomDecoder = (*Raw)(nil)
	_ msgpack.CustomEncoder = Ext{}
	_ msgpack.CustomDecoder = (*Ext)(nil)
)

// EncodeMsgpack writes the raw value, so that Raw may stand inside a struct.
func (r Raw) EncodeMsgpack(enc *msgpack.Encoder) error {
	if r == nil {
		return enc.EncodeNil()
	}
	if !r.valid() {
		return ErrRaw
	}
	_, err := enc.Writer().Write(r)
	return err
}

// DecodeMsgpack takes the next value as it is.
func (r *Raw) DecodeMsgpack(dec *msgpack.Decoder) error {
	raw, err := dec.DecodeRaw()
	*r = bytes.Clone([]byte(raw))
	return err
}

func (r Raw) valid() bool {
	n, err := Skip(r)
	return err == nil && n == len(r)
}

// EncodeMsgpack writes the extension, so that Ext may stand inside a struct.
func (e Ext) EncodeMsgpack(enc *msgpack.Encoder) error {
	if err := enc.EncodeExtHeader(e.Type, len(e.Data)); err != nil {
		return err
	}
	_, err := enc.Writer().Write(e.Data)
	return err
}

// DecodeMsgpack reads an extension of any type.
func (e *Ext) DecodeMsgpack(dec *msgpack.Decoder) error {
	raw, err := dec.DecodeRaw()
	if err != nil {
		return err
	}
	typ, size, n, err := ReadExtHeader(raw)
	if err != nil {
		return err
	}
	e.Type, e.Data = typ, bytes.Clone([]byte(raw[n:n+size]))
	return nil
}
