package iproto

// AppendPing appends a whole PING request: a frame with a header and no body.
func AppendPing(dst []byte, sync, stream uint64) []byte {
	dst, mark := BeginFrame(dst)
	dst = AppendRequestHeader(dst, TypePing, sync, stream)
	return EndFrame(dst, mark)
}

// ParsePing checks what follows the header of a PING: nothing, or one value of any type, which is ignored.
func ParsePing(b []byte) error {
	_, err := ParseBody(b)
	return err
}
