package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Call is the body of a CALL (TypeCall) or of its predecessor (TypeCall16), which differ in their answers only.
//
//	82  22 <string>  21 <array>
type Call struct {
	Name    []byte // of the function, e.g. "box.info" or "object:method"
	Args    []byte // the arguments, one encoded array; nil is written as []
	Formats []byte // the map TUPLE_FORMATS as net.box sends it: what tuples among Args are, as extensions; nil when absent
}

// Append appends the body.
func (c Call) Append(dst []byte) []byte {
	return invocation{text: c.Name, args: c.Args, formats: c.Formats}.append(dst, KeyFunctionName)
}

// AppendCallHead appends the body of a CALL up to its arguments, which the caller appends next as one array.
func AppendCallHead(dst []byte, name string) []byte {
	dst = append(dst, 0x82, byte(KeyFunctionName))
	dst = msgp.AppendString(dst, name)
	return append(dst, byte(KeyTuple))
}

// ParseCall reads what follows the header of a CALL; n is len(b) on success. The slices of the result are views of
// b. Absent arguments come as an empty array, so Args always is one valid array.
//
// The errors are *PacketErrors in Tarantool's words: "missing request body" when there is none, "packet body" when
// the bytes, a type or a key is wrong or something follows the body, and code CodeMissingRequestField without a
// name.
func ParseCall(b []byte) (c Call, n int, err error) {
	n, err = c.Parse(b)
	return c, n, err
}

// Parse is ParseCall with c as the result, whatever was in it before. See Header.Parse.
func (c *Call) Parse(b []byte) (n int, err error) {
	var v invocation
	n, err = v.parse(b, KeyFunctionName)
	c.Name, c.Args, c.Formats = v.text, v.args, v.formats
	return n, err
}
