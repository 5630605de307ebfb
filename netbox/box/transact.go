package box

import "github.com/kharon-net/kharon/codec/iproto"

// transact starts a BEGIN, COMMIT or ROLLBACK.
func (x *session) transact(h *iproto.Header, body []byte) {
	if h.StreamID == 0 {
		x.fail(h, wrongPlace(iproto.CodeUnableToProcessOutOfStream, h.Type, "out of"))
		return
	}
	var err error
	fn := &function{name: h.Type.String(), act: rollbackTx, mode: x.srv.cfg.Mode}
	switch h.Type {
	case iproto.TypeBegin:
		_, _, err = iproto.ParseBegin(body)
		fn.act = beginTx
	case iproto.TypeCommit:
		_, _, err = iproto.ParseCommit(body)
		fn.act = commitTx
	default:
		err = iproto.ParseRollback(body)
	}
	if err != nil {
		x.refuse(*h, err)
		return
	}
	x.startInStream(h, fn, body)
}

func beginTx(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParseBegin(r.body)
	if err == nil {
		err = r.Begin(m)
	}
	return answerTx(r, dst, err)
}

func commitTx(r *Request, dst []byte) ([]byte, error) { return answerTx(r, dst, r.Commit()) }

func rollbackTx(r *Request, dst []byte) ([]byte, error) { return answerTx(r, dst, r.Rollback()) }

func answerTx(r *Request, dst []byte, err error) ([]byte, error) {
	if err != nil {
		return dst, err
	}
	return appendOK(r, dst)
}
