package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// Send sends a packet as it is to a session: header and, unless nil, body,
// each an encoded map. It is for Raws, and for those who extend the protocol.
// The error is one with CodeNoSuchSession when there is no such session, and a
// *iproto.FrameTooLargeError. Safe to call from any goroutine.
func (s *Server) Send(session uint64, header, body []byte) error {
	s.mu.Lock()
	x := s.sessions[session]
	s.mu.Unlock()
	if x == nil {
		return noSuchSession(session)
	}
	frame, mark := iproto.BeginFrame(make([]byte, 0, len(header)+len(body)+8))
	frame = append(append(frame, header...), body...)
	frame, err := iproto.CloseFrame(frame, mark, 0)
	if err != nil {
		return err
	}
	if _, err := x.conn.Write(frame); err != nil {
		return noSuchSession(session)
	}
	return nil
}

func noSuchSession(id uint64) error {
	return iproto.NewError(iproto.CodeNoSuchSession, fmt.Sprintf("Session %d does not exist", id))
}
