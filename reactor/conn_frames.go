package reactor

// A Framer finds the first frame in data, which begins where the frame before
// it ended and grows from call to call until there is one. Incomplete input is
// 0, nil, nil; an error is fatal to the stream. The framers of package codec
// are such; they remember how far they have searched, so a frame that comes
// byte by byte is not searched again for each of them. One Framer serves one
// connection.
type Framer interface {
	Frame(data []byte, atEOF bool) (advance int, frame []byte, err error)
}

// Frames calls f with each frame in p and returns how many bytes they take up,
// which is what OnData returns:
//
//	func (h *lines) OnData(c *reactor.Conn, p []byte) int {
//		return c.Frames(&h.line, p, false, h.onLine)
//	}
//
// In OnEOF, with atEOF set, it finds a last frame that has no end of its own.
// It stops when f pauses reading or closes the connection; what follows comes
// again after ResumeRead. The framer's error becomes the reason of CloseWith:
// what f has written leaves. A frame is a part of p: valid until f returns, and
// not to be written to. Must be called on the loop, by OnData or OnEOF.
func (c *Conn) Frames(fr Framer, p []byte, atEOF bool, f func(frame []byte)) (n int) {
	c.loop.mustOwn("Conn.Frames")
	for n < len(p) && !c.paused && !c.out.ending.Load() {
		advance, frame, err := fr.Frame(p[n:], atEOF)
		if err != nil {
			_ = c.CloseWith(err)
			return len(p)
		}
		if advance <= 0 {
			return n
		}
		n += advance
		if frame != nil {
			f(frame)
		}
	}
	return n
}
