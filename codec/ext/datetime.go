package ext

import (
	"encoding/binary"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Datetime is a moment and how it is told, as Tarantool keeps it. It is what time.Time has no place for: the number of
// the zone. A time.Time is written as a Datetime, too; use this type where the number has to survive.
//
//	d7 04  <seconds:8>                                                    when the rest is 0
//	d8 04  <seconds:8>  <nanoseconds:4>  <offset:2>  <zone:2>             all little-endian
type Datetime struct {
	Seconds int64 // since 1970-01-01 00:00 UTC
	Nsec    int32 // 0 to 999 999 999
	Offset  int16 // of the zone in minutes east of UTC, -720 to 840
	Zone    Zone
}

// Bounds of a Datetime.
const (
	minOffset = -12 * 60
	maxOffset = 14 * 60
	maxNsec   = 999_999_999

	// maxTimeSeconds keeps the arithmetic of time.Time from overflow: 146 billion years.
	maxTimeSeconds = 1 << 62
)

// DatetimeOf makes a Datetime of t. Its location gives the number of the zone when it has a name of the IANA Time Zone
// Database that Tarantool knows; otherwise the offset alone is kept, in minutes. The error, an *Error, is for an
// offset beyond -12 and 14 hours.
func DatetimeOf(t time.Time) (Datetime, error) {
	_, offset := t.Zone()
	offset /= 60
	if offset < minOffset || offset > maxOffset {
		return Datetime{}, refuse(TypeDatetime, "offset beyond -12 and 14 hours")
	}
	d := Datetime{Seconds: t.Unix(), Nsec: int32(t.Nanosecond()), Offset: int16(offset)}
	if name := t.Location().String(); name != "" && name != "UTC" && name != "Local" {
		if z := ZoneOf(name); z >= firstIANA {
			d.Zone = z
		}
	}
	return d, nil
}

// Time is the moment as a time.Time, in a location with the offset and the name of the zone; without both it is UTC.
// The location knows no other offset: for calculations across changes to and from summer time load the zone's own
// with time.LoadLocation(d.Zone.Name()).
func (d Datetime) Time() time.Time {
	t := time.Unix(d.Seconds, int64(d.Nsec))
	if d.Offset == 0 && d.Zone == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone(d.Zone.Name(), int(d.Offset)*60))
}

// check tells what is out of bounds.
func (d Datetime) check() error {
	switch {
	case d.Nsec < 0 || d.Nsec > maxNsec:
		return refuse(TypeDatetime, "nanoseconds out of range")
	case d.Offset < minOffset || d.Offset > maxOffset:
		return refuse(TypeDatetime, "offset beyond -12 and 14 hours")
	case d.Zone > maxZone:
		return refuse(TypeDatetime, "no such zone")
	}
	return nil
}

// AppendDatetime appends d as an extension of type 4. The error, an *Error, tells what is out of bounds.
func AppendDatetime(dst []byte, d Datetime) ([]byte, error) {
	if err := d.check(); err != nil {
		return dst, err
	}
	return d.append(msgp.AppendExtHeader(dst, TypeDatetime, d.size())), nil
}

// AppendTime appends t as an extension of type 4, by way of DatetimeOf.
func AppendTime(dst []byte, t time.Time) ([]byte, error) {
	d, err := DatetimeOf(t)
	if err != nil {
		return dst, err
	}
	return AppendDatetime(dst, d)
}

// size is that of the payload.
func (d Datetime) size() int {
	if d.Nsec == 0 && d.Offset == 0 && d.Zone == 0 {
		return 8
	}
	return 16
}

// append appends the payload.
func (d Datetime) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.Seconds))
	if d.size() == 8 {
		return dst
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(d.Nsec))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(d.Offset))
	return binary.LittleEndian.AppendUint16(dst, uint16(d.Zone))
}

// ReadDatetime reads the datetime at the front of b, an extension of type 4; n is its size. The error is one of msgp,
// or an *Error for another size than 8 or 16 bytes and for what is out of bounds.
func ReadDatetime(b []byte) (d Datetime, n int, err error) {
	return read(b, TypeDatetime, parseDatetime)
}

func parseDatetime(payload []byte) (d Datetime, err error) {
	switch len(payload) {
	case 16:
		d.Nsec = int32(binary.LittleEndian.Uint32(payload[8:]))
		d.Offset = int16(binary.LittleEndian.Uint16(payload[12:]))
		d.Zone = Zone(binary.LittleEndian.Uint16(payload[14:]))
	case 8:
	default:
		return d, refuse(TypeDatetime, "not of 8 or 16 bytes")
	}
	d.Seconds = int64(binary.LittleEndian.Uint64(payload))
	return d, d.check()
}

func appendTime(dst []byte, t time.Time) ([]byte, error) {
	d, err := DatetimeOf(t)
	return d.append(dst), err
}

func parseTime(payload []byte) (time.Time, error) {
	d, err := parseDatetime(payload)
	if err == nil && (d.Seconds > maxTimeSeconds || d.Seconds < -maxTimeSeconds) {
		err = refuse(TypeDatetime, "too far away for a time.Time")
	}
	if err != nil {
		return time.Time{}, err
	}
	return d.Time(), nil
}

var (
	_ msgpack.CustomEncoder = Datetime{}
	_ msgpack.CustomDecoder = (*Datetime)(nil)
)

// EncodeMsgpack writes the extension, so that a Datetime may stand anywhere.
func (d Datetime) EncodeMsgpack(enc *msgpack.Encoder) error {
	b, err := AppendDatetime(nil, d)
	if err != nil {
		return err
	}
	_, err = enc.Writer().Write(b)
	return err
}

// DecodeMsgpack reads the extension; nil leaves the zero value.
func (d *Datetime) DecodeMsgpack(dec *msgpack.Decoder) error {
	raw, err := dec.DecodeRaw()
	if err != nil {
		return err
	}
	*d = Datetime{}
	if msgp.KindOf(raw[0]) == msgp.KindNil {
		return nil
	}
	*d, _, err = ReadDatetime(raw)
	return err
}
