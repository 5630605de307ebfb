package ext

import "github.com/kharon-net/kharon/codec/msgp"

// Adjust tells what becomes of a day that a month does not have, when months are added.
type Adjust uint8

// The ways to adjust.
const (
	AdjustNone   Adjust = iota // the last day of the month
	AdjustExcess               // go on into the next month
	AdjustLast                 // the last day stays the last day
)

// adjustWire are the numbers that travel.
var adjustWire = [...]int64{AdjustNone: 1, AdjustExcess: 0, AdjustLast: 2}

// String names the way as Tarantool does: "none", "excess" or "last".
func (a Adjust) String() string {
	return [...]string{"none", "excess", "last", "unknown"}[min(a, AdjustLast+1)]
}

// Interval is a span of time in the units of a calendar.
//
//	c7 03 06  01  08 01            nothing, adjust none
//	c7 05 06  02  00 01  08 01     a year
//
// The payload counts its fields, which follow as number and value; what is 0 is left out.
type Interval struct {
	Year, Month, Week, Day int64
	Hour, Min, Sec, Nsec   int64
	Adjust                 Adjust
}

// Numbers of fields: year is 0, nanosecond 7.
const (
	fieldAdjust    = 8
	intervalFields = 9
)

// field gives the place of a field other than the way to adjust.
func (v *Interval) field(i int) *int64 {
	return [...]*int64{&v.Year, &v.Month, &v.Week, &v.Day, &v.Hour, &v.Min, &v.Sec, &v.Nsec}[i]
}

// AppendInterval appends v as an extension of type 6. The error, an *Error, is for an unknown way to adjust.
func AppendInterval(dst []byte, v Interval) ([]byte, error) {
	var room [1 + intervalFields*10]byte
	payload, err := appendInterval(room[:0], v)
	if err != nil {
		return dst, err
	}
	return append(msgp.AppendExtHeader(dst, TypeInterval, len(payload)), payload...), nil
}

func appendInterval(dst []byte, v Interval) ([]byte, error) {
	if v.Adjust > AdjustLast {
		return dst, refuse(TypeInterval, "unknown way to adjust")
	}
	mark := len(dst)
	dst = append(dst, 0)
	add := func(number byte, value int64) {
		if value != 0 {
			dst[mark]++
			dst = msgp.AppendInt(append(dst, number), value)
		}
	}
	for i := range fieldAdjust {
		add(byte(i), *v.field(i))
	}
	add(fieldAdjust, adjustWire[v.Adjust])
	return dst, nil
}

// ReadInterval reads the interval at the front of b, an extension of type 6; n is its size. The error is one of msgp,
// or an *Error for an unknown field, a value that is no integer, and junk behind the fields.
func ReadInterval(b []byte) (v Interval, n int, err error) {
	return read(b, TypeInterval, parseInterval)
}

func parseInterval(payload []byte) (v Interval, err error) {
	if len(payload) == 0 {
		return v, refuse(TypeInterval, "empty")
	}
	v.Adjust = AdjustExcess // what is absent is 0 on the wire
	b := payload[1:]
	for range payload[0] {
		if len(b) == 0 {
			return Interval{}, refuse(TypeInterval, "fields are missing")
		}
		value, n, err := msgp.ReadInt(b[1:])
		if err != nil {
			return Interval{}, refuse(TypeInterval, "value of a field is no integer")
		}
		if err := v.set(b[0], value); err != nil {
			return Interval{}, err
		}
		b = b[1+n:]
	}
	if len(b) > 0 {
		return Interval{}, refuse(TypeInterval, "junk behind the fields")
	}
	return v, nil
}

// set takes the value of one field.
func (v *Interval) set(number byte, value int64) error {
	switch {
	case number < fieldAdjust:
		*v.field(int(number)) = value
		return nil
	case number > fieldAdjust:
		return refuse(TypeInterval, "unknown field")
	}
	for a, wire := range adjustWire {
		if wire == value {
			v.Adjust = Adjust(a)
			return nil
		}
	}
	return refuse(TypeInterval, "unknown way to adjust")
}
