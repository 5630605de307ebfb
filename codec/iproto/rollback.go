package iproto

// AppendRollback appends a whole ROLLBACK request, which drops the transaction of a stream: a frame with a header and
// no body.
func AppendRollback(dst []byte, sync, stream uint64) []byte {
	dst, mark := BeginFrame(dst)
	return EndFrame(AppendRequestHeader(dst, TypeRollback, sync, stream), mark)
}

// ParseRollback checks what follows the header of a ROLLBACK: nothing, or one value of any type, which is ignored.
func ParseRollback(b []byte) error {
	_, err := ParseBody(b)
	return err
}
