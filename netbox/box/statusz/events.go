package statusz

import (
	"net/http"
	"time"
)

// serveEvents sends a snapshot now and one in each interval, until the request
// or the page ends or the viewer does not read.
func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	v, err := p.audience.join()
	if err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer p.audience.leave(v)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies that know it pass events on at once
	if r.ProtoMajor == 1 {
		h.Set("Connection", "close") // it keeps the deadline of the last write
	}
	if r.Method == http.MethodHead {
		return
	}
	s := stream{w: w, ctl: http.NewResponseController(w), timeout: p.opts.WriteTimeout}
	for event, ok := p.encode(), true; ok && s.send(event) == nil; {
		select {
		case event, ok = <-v.events:
		case <-r.Context().Done():
			return
		}
	}
}

// A stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	ctl     *http.ResponseController
	timeout time.Duration // for each write
}

// send writes an event, which has no line breaks, through to the network.
func (s *stream) send(event []byte) error {
	// A ResponseWriter that has no deadlines, such as that of a test, has nobody who does not read either.
	_ = s.ctl.SetWriteDeadline(time.Now().Add(s.timeout))
	for _, part := range [][]byte{[]byte("data: "), event, []byte("\n\n")} {
		if _, err := s.w.Write(part); err != nil {
			return err
		}
	}
	return s.ctl.Flush()
}
