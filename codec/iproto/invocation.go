package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// emptyArray is what absent arguments mean.
var emptyArray = []byte{0x90}

// invocation is what CALL and EVAL have in common:
//
//	82  <22 or 27> <string>  21 <array>
//	83  <22 or 27> <string>  21 <array>  60 <map>
type invocation struct {
	text    []byte
	args    []byte
	formats []byte
}

func (v invocation) append(dst []byte, textKey Key) []byte {
	head := byte(0x82)
	if v.formats != nil {
		head = 0x83
	}
	dst = append(dst, head, byte(textKey))
	dst = msgp.AppendStringBytes(dst, v.text)
	dst = append(dst, byte(KeyTuple))
	if v.args == nil {
		v.args = emptyArray
	}
	dst = append(dst, v.args...)
	if v.formats != nil {
		dst = append(dst, byte(KeyTupleFormats))
		dst = append(dst, v.formats...)
	}
	return dst
}

// parse reads the body of a CALL or EVAL into v, which is empty.
func (v *invocation) parse(b []byte, textKey Key) (n int, err error) {
	if n = v.parseUsual(b, byte(textKey)); n > 0 {
		return n, nil
	}
	*v = invocation{}
	if err = v.parseAny(b, textKey); err != nil {
		*v = invocation{}
		return 0, err
	}
	return len(b), nil
}

// parseUsual recognises the two forms that clients write. It returns 0 for anything else.
func (v *invocation) parseUsual(b []byte, textKey byte) int {
	if len(b) < 5 || b[0] != 0x82 && b[0] != 0x83 || b[1] != textKey {
		return 0
	}
	text, n, err := msgp.ReadString(b[2:])
	n += 3
	if err != nil || n >= len(b) || b[n-1] != byte(KeyTuple) || msgp.KindOf(b[n]) != msgp.KindArray {
		return 0
	}
	size, err := msgp.Skip(b[n:])
	if err != nil {
		return 0
	}
	end := n + size
	v.text, v.args = text, b[n:end:end]
	if b[0] == 0x83 {
		if len(b) != end+2 || b[end] != byte(KeyTupleFormats) || b[end+1] != 0x80 {
			return 0
		}
		v.formats = b[end+1 : end+2 : end+2]
		end += 2
	}
	if end != len(b) {
		return 0
	}
	return end
}

// parseAny reads a body of any form: keys in any order, unknown ones ignored, the last of equal ones wins.
func (v *invocation) parseAny(b []byte, textKey Key) error {
	if len(b) == 0 {
		return badBody(detailNoBody, 0, nil)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if !v.set(key, value, textKey) {
			return badBody(detailBody, offset, ErrType)
		}
	}
	if v.text == nil {
		return missingField(textKey, p.pos)
	}
	if v.args == nil {
		v.args = emptyArray
	}
	return nil
}

// set takes the value of one key. It tells whether the type was right: the text of the other of the two requests has
// to be a string, too.
func (v *invocation) set(key Key, value []byte, textKey Key) bool {
	kind := msgp.KindOf(value[0])
	switch key {
	case textKey:
		v.text, _, _ = msgp.ReadString(value)
		return kind == msgp.KindString
	case KeyFunctionName, KeyExpr:
		return kind == msgp.KindString
	case KeyTuple:
		v.args = value
		return kind == msgp.KindArray
	case KeyTupleFormats:
		v.formats = value
	}
	return true
}
