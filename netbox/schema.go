package netbox

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A LocalError is a refusal with a code of the server's, made without asking it:
// a space that does not exist, pages from a server that has none. errors.Is
// finds it by its iproto.Code.
type LocalError struct {
	Code    iproto.Code
	Message string // in the words of net.box
}

// Error is the message with the code's name.
func (e *LocalError) Error() string { return fmt.Sprintf("netbox: %s (%v)", e.Message, e.Code) }

// Is makes the error equal to its Code, and to ErrNotSent.
func (e *LocalError) Is(target error) bool { return target == error(e.Code) || target == ErrNotSent }

// Schema returns what the server told of its spaces last, nil before that and
// with Options.NoSchema. Safe to call from any goroutine.
func (c *Conn) Schema() *Schema { return c.schema.known.Load() }

// A schema is the spaces that requests name, and what the server says of them.
type schema struct {
	known atomic.Pointer[Schema]

	mu      sync.Mutex
	byName  map[string]*space
	begun   uint64 // how many readings were
	present uint64 // the one that is known
}

// A space is what requests of one name go to. It stays the same when the schema
// is read again.
type space struct {
	name string // "": it is named by its number
	id   uint32
	of   *schema // nil: it is named by its number
	// info has nil when there is no space of the name. It is a pointer so that
	// the compiler does not take what is next to the space in a Request for
	// leaked: the arguments would be allocated.
	info    *atomic.Pointer[SpaceInfo]
	mu      sync.Mutex
	indexes map[string]*index
}

// An index of a space, as requests name it.
type index struct {
	name string // "": it is named by its number
	id   uint32
}

func (s *space) String() string {
	if s.name == "" {
		return "#" + strconv.FormatUint(uint64(s.id), 10)
	}
	return strconv.Quote(s.name)
}

// named returns the space of a name, known or not.
func (s *schema) named(name string) *space {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sp := s.byName[name]; sp != nil {
		return sp
	}
	if s.byName == nil {
		s.byName = map[string]*space{}
	}
	sp := &space{name: name, of: s, info: new(atomic.Pointer[SpaceInfo])}
	sp.info.Store(s.known.Load().Space(name))
	s.byName[name] = sp
	return sp
}

// named returns the index of a name, known or not.
func (s *space) named(name string) *index {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.indexes[name]; ix != nil {
		return ix
	}
	if s.indexes == nil {
		s.indexes = map[string]*index{}
	}
	ix := &index{name: name}
	s.indexes[name] = ix
	return ix
}

// info returns what is known of a space that has a name, which may be one of
// another connection's: a request goes wherever it is sent.
func (s *schema) info(sp *space) *SpaceInfo {
	if sp.of == s {
		return sp.info.Load()
	}
	return s.known.Load().Space(sp.name)
}

// reading returns the number of a reading that begins.
func (s *schema) reading() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	return s.begun
}

// install makes what was read the schema, unless another connection has begun to
// read after it, and finished before.
func (s *schema) install(known *Schema, reading uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reading < s.present {
		return
	}
	s.present = reading
	s.known.Store(known)
	for name, sp := range s.byName {
		sp.info.Store(known.Space(name))
	}
}

// refs finds the numbers of the space and the index, or leaves it to a server
// that knows their names.
func (r *Request) refs(l *link) (space, index iproto.Ref, err error) {
	s := r.space
	if s.name == "" {
		space.ID = s.id
		if r.index.name == "" {
			return space, iproto.Ref{ID: r.index.id}, nil
		}
		info := l.conn.schema.known.Load().SpaceByID(s.id)
		index, err = r.index.ref(info, l)
		return space, index, err
	}
	info := l.conn.schema.info(s)
	switch {
	case info != nil && l.schema:
		space.ID = info.ID
	case !l.schema && l.has(iproto.FeatureSpaceAndIndexNames):
		space.Name = []byte(s.name)
	default:
		return space, index, &LocalError{iproto.CodeNoSuchSpace, "Space '" + s.name + "' does not exist"}
	}
	index, err = r.index.ref(info, l)
	return space, index, err
}

// ref finds the number of an index of the space.
func (x *index) ref(info *SpaceInfo, l *link) (iproto.Ref, error) {
	if x.name == "" {
		return iproto.Ref{ID: x.id}, nil
	}
	if l.schema && info != nil {
		for i := range info.Indexes {
			if info.Indexes[i].Name == x.name {
				return iproto.Ref{ID: info.Indexes[i].ID}, nil
			}
		}
	} else if !l.schema && l.has(iproto.FeatureSpaceAndIndexNames) {
		return iproto.Ref{Name: []byte(x.name)}, nil
	}
	return iproto.Ref{}, &LocalError{iproto.CodeNoSuchIndexName, "No index '" + x.name + "' is defined in space " + info.label()}
}
