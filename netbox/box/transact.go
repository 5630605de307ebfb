package box

import "github.com/kharon-net/kharon/codec/iproto"

// transact starts a BEGIN, COMMIT or ROLLBACK.
func (x *session) transact(h *iproto.Header, body []byte) {
	if h.StreamID == 0 {
		x.fail(h, wrongPlace(iproto.CodeUnableToProcessOutOfStream, h.Type, "out of"))
		return
	}
	var err error
	j := job{act: appendOK, mode: x.srv.cfg.Mode, body: body}
	switch h.Type {
	case iproto.TypeBegin:
		_, _, err = iproto.ParseBegin(body)
		j.act = beginTx
	case iproto.TypeCommit:
		_, _, err = iproto.ParseCommit(body)
		j.act = commitTx
	default:
		err = iproto.ParseRollback(body)
		j.act = rollbackTx
	}
	if err != nil {
		x.refuse(*h, err)
		return
	}
	x.startInStream(h, &j)
}

func beginTx(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParseBegin(r.job.body)
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
