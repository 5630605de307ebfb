package msgp_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kharon-net/kharon/codec/msgp"
)

func newArray(t *testing.T, values ...any) msgp.Array {
	t.Helper()
	b, err := msgp.AppendValue(nil, values)
	if err != nil {
		t.Fatal(err)
	}
	a, err := msgp.NewArray(b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestArrayGivesItsElements(t *testing.T) {
	a := newArray(t, 1, -2, 2.5, true, "six", []byte{7}, []any{8, 9}, nil)
	if a.Len() != 8 || a.Int(0) != 1 || a.Int(1) != -2 || a.Float(2) != 2.5 || a.Float(0) != 1 || !a.Bool(3) ||
		a.String(4) != "six" || string(a.Bytes(5)) != "\a" || len(a.At(6)) != 3 || a.Err() != nil {
		t.Errorf("wrong elements, err %v", a.Err())
	}
	values, err := a.Values()
	want := []any{int64(1), int64(-2), 2.5, true, "six", []byte{7}, []any{int64(8), int64(9)}, nil}
	if diff := cmp.Diff(want, values); diff != "" || err != nil {
		t.Errorf("Values: err %v\n%s", err, diff)
	}
	var i int
	var u uint8
	if err := a.Decode(&i, &u); err == nil {
		t.Error("-2 was decoded into a uint8")
	}
	for _, dst := range []any{new(int8), new(uint8)} {
		b := newArray(t, 300)
		if err := b.Decode(dst); !errors.Is(err, msgp.ErrRange) {
			t.Errorf("300 into %T: %v", dst, err)
		}
	}
	var s int64
	if err := a.Decode(&i, &s); err != nil || i != 1 || s != -2 {
		t.Errorf("decoded %d and %d, err %v", i, s, err)
	}
}

func TestArrayKeepsItsFirstFailure(t *testing.T) {
	a := newArray(t, "text", 2)
	if a.Int(0) != 0 || a.Int(1) != 0 || a.Bool(5) {
		t.Error("an accessor gave a value after a failure")
	}
	var wrong *msgp.TypeError
	if !errors.As(a.Err(), &wrong) {
		t.Errorf("Err is %v", a.Err())
	}
	b := newArray(t, 1)
	if b.Int(1) != 0 || !errors.Is(b.Err(), msgp.ErrTruncated) {
		t.Errorf("element 1 of 1: %v", b.Err())
	}
	c := newArray(t, 1)
	if c.Int(-1) != 0 || c.Err() == nil {
		t.Error("element -1 is there")
	}
	if err := b.Decode(new(int), new(int)); !errors.Is(err, msgp.ErrTruncated) {
		t.Errorf("decoding two of one: %v", err)
	}
}

func TestArrayOfNothingAndOfSomethingElse(t *testing.T) {
	var zero msgp.Array
	if v, err := zero.Values(); zero.Len() != 0 || len(v) != 0 || err != nil {
		t.Error("the zero Array is not empty")
	}
	if _, err := msgp.NewArray([]byte{0x80}); err == nil {
		t.Error("a map was taken for an array")
	}
	if _, err := msgp.NewArray([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 1}); err == nil {
		t.Error("four billion elements were found in one byte")
	}
}

func TestAnArrayIsUsedAgain(t *testing.T) {
	a, err := msgp.NewArray([]byte{0x91, 7})
	if a.Int(5); err != nil || a.Err() == nil {
		t.Fatalf("%v, %v", err, a.Err())
	}
	if err := a.Reset([]byte{0x92, 1, 2}); err != nil || a.Len() != 2 || a.Int(1) != 2 || a.Err() != nil {
		t.Errorf("%v, %d elements, %v", err, a.Len(), a.Err())
	}
	if err := a.Reset([]byte{0x80}); err == nil || a.Len() != 0 {
		t.Errorf("a map was taken for %d elements", a.Len())
	}
	if err := a.Reset(nil); err != nil || a.Len() != 0 {
		t.Errorf("%v, %d elements", err, a.Len())
	}
}
