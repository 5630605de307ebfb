package box

import (
	"context"
	"maps"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Raw handles requests as they come: body is what follows the header, a view
// that is valid until it returns. It reports whether it has handled the
// request, and then has sent the answer itself, with Server.Send; otherwise
// the server does what it does without it. An error is the answer.
//
// It runs inline on the loop; it must not block.
type Raw func(ctx context.Context, client Session, h iproto.Header, body []byte) (handled bool, err error)

// overrides are the Raws. They are not changed once published.
type overrides struct {
	byType  map[iproto.Type]Raw
	unknown Raw
}

// Override has f see all requests of a type before the server does; nil ends
// that. What holds for every request, such as which may be in a stream, is
// checked before. Safe to call from any goroutine, also while the server runs.
func (s *Server) Override(t iproto.Type, f Raw) {
	s.changeOverrides(func(o *overrides) {
		o.byType[t] = f
		if f == nil {
			delete(o.byType, t)
		}
	})
}

// OverrideUnknown is Override for the requests of types that the server does
// not know and that have no Override of their own.
func (s *Server) OverrideUnknown(f Raw) {
	s.changeOverrides(func(o *overrides) { o.unknown = f })
}

func (s *Server) changeOverrides(edit func(*overrides)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &overrides{byType: map[iproto.Type]Raw{}}
	if old := s.overrides.Load(); old != nil {
		next.unknown = old.unknown
		maps.Copy(next.byType, old.byType)
	}
	edit(next)
	if len(next.byType) == 0 && next.unknown == nil {
		next = nil
	}
	s.overrides.Store(next)
}

// override reports whether a Raw has dealt with the request.
func (x *session) override(o *overrides, h *iproto.Header, body []byte) bool {
	f := o.byType[h.Type]
	if f == nil && !isKnown(h.Type) {
		f = o.unknown
	}
	if f == nil || h.StreamID == 0 && mustStream(h.Type) || h.Type == iproto.TypeNop && len(body) > 0 {
		return false
	}
	x.spillFrom(1) // what it sends comes after the answers to what came before
	var handled bool
	err := x.srv.guard(func() (err error) {
		handled, err = f(x.ctx, x.background(), *h, body)
		return err
	})
	if err != nil {
		x.fail(h, replyTo(err, h.Type.String()))
		return true
	}
	return handled
}

// isKnown reports whether the server, or Tarantool, does something with
// requests of this type.
func isKnown(t iproto.Type) bool {
	switch t {
	case iproto.TypeAuth, iproto.TypeID, iproto.TypeWatch, iproto.TypeUnwatch, iproto.TypeWatchOnce, iproto.TypeNop:
		return true
	}
	return mayStream(t)
}

func mustStream(t iproto.Type) bool {
	return t == iproto.TypeBegin || t == iproto.TypeCommit || t == iproto.TypeRollback
}
