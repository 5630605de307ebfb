package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Keys of a frame of an error stack, and of the map that holds the stack.
const (
	stackKey = 0

	frameType    = 0
	frameFile    = 1
	frameLine    = 2
	frameMessage = 3
	frameErrno   = 4
	frameCode    = 5
	frameFields  = 6
)

// append writes the frame in the order of Tarantool, in which the line comes before the file.
func (f *ErrorFrame) append(dst []byte) []byte {
	head := byte(0x86)
	if f.Fields != nil {
		head = 0x87
	}
	dst = append(dst, head, frameType)
	dst = msgp.AppendString(dst, f.Type)
	dst = append(dst, frameLine)
	dst = msgp.AppendUint(dst, f.Line)
	dst = append(dst, frameFile)
	dst = msgp.AppendString(dst, f.File)
	dst = append(dst, frameMessage)
	dst = msgp.AppendString(dst, f.Message)
	dst = append(dst, frameErrno)
	dst = msgp.AppendUint(dst, f.Errno)
	dst = append(dst, frameCode)
	dst = msgp.AppendUint(dst, uint64(f.Code))
	if f.Fields != nil {
		dst = append(dst, frameFields)
		dst = append(dst, f.Fields...)
	}
	return dst
}

// ParseError reads what follows the header of an error reply, whose type has the code. The message is that of the
// first frame of the stack, else that of ERROR_24, else empty. A stack that is not built as it should be is left
// out, and of a long one the oldest frames. Nothing in the result refers to b.
//
// The error is a *PacketError, for bytes that are not one map or an ERROR_24 that is no string.
func ParseError(code Code, b []byte) (*Error, error) {
	e := &Error{Code: code}
	if len(b) == 0 {
		return e, nil
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return nil, err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		switch key {
		case KeyError24:
			text, _, err := msgp.ReadString(value)
			if err != nil {
				return nil, badBody(detailBody, offset, ErrType)
			}
			e.Message = string(text)
		case KeyError:
			e.Stack, _ = ParseErrorStack(value)
		}
	}
	if len(e.Stack) > 0 {
		e.Message = e.Stack[0].Message
	}
	return e, nil
}

// AppendErrorStack appends the map that holds an error stack: 81 00 <array of frames>.
func AppendErrorStack(dst []byte, stack []ErrorFrame) []byte {
	dst = msgp.AppendArrayHeader(append(dst, 0x81, stackKey), len(stack))
	for i := range stack {
		dst = stack[i].append(dst)
	}
	return dst
}

// ParseErrorStack reads the map that holds an error stack: the value of ERROR, and the payload of extension 3. It
// tells whether the map is built as it should be. Nothing in the result refers to b.
func ParseErrorStack(b []byte) (stack []ErrorFrame, ok bool) {
	p, err := openBody(b, detailBody)
	for err == nil {
		key, value, _, more, e := p.next(detailBody)
		if e != nil || !more {
			return stack, e == nil
		}
		if key != stackKey {
			continue
		}
		if stack, ok = parseFrames(value); !ok {
			return nil, false
		}
	}
	return nil, false
}

// parseFrames reads the array of frames.
func parseFrames(b []byte) ([]ErrorFrame, bool) {
	count, n, err := msgp.ReadArrayHeader(b)
	if err != nil {
		return nil, false
	}
	var stack []ErrorFrame
	for range min(count, maxStack) {
		size, _ := msgp.Skip(b[n:])
		var f ErrorFrame
		if !f.parse(b[n : n+size]) {
			return nil, false
		}
		stack = append(stack, f)
		n += size
	}
	return stack, true
}

// parse reads one frame. Unknown keys are ignored.
func (f *ErrorFrame) parse(b []byte) bool {
	p, err := openBody(b, detailBody)
	for err == nil {
		key, value, _, more, e := p.next(detailBody)
		if e != nil || !more {
			return e == nil
		}
		err = f.set(key, value)
	}
	return false
}

// set takes the value of one key.
func (f *ErrorFrame) set(key Key, value []byte) (err error) {
	switch key {
	case frameType:
		f.Type, err = readText(value)
	case frameFile:
		f.File, err = readText(value)
	case frameMessage:
		f.Message, err = readText(value)
	case frameLine:
		f.Line, _, err = msgp.ReadUint(value)
	case frameErrno:
		f.Errno, _, err = msgp.ReadUint(value)
	case frameCode:
		var c uint64
		c, _, err = msgp.ReadUint(value)
		f.Code = Code(c)
	case frameFields:
		_, _, err = msgp.ReadMapHeader(value)
		f.Fields = append(msgp.Raw{}, value...)
	}
	return err
}

func readText(b []byte) (string, error) {
	s, _, err := msgp.ReadString(b)
	return string(s), err
}
