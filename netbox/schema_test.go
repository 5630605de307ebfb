package netbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A museum is a server with spaces, which the test says in rows, and a schema version.
type museum struct {
	c       *Conn
	version chan uint64 // to be the next answer's
	asked   chan uint32 // the views that were read
}

// rowsOf are the rows of its views when its schema version is v: a space that is named after it.
func rowsOf(view uint32, v uint64) []any {
	switch view {
	case viewSpace:
		return []any{[]any{512, 1, fmt.Sprint("v", v), "memtx", 0, map[string]any{}, []any{}}}
	case viewIndex:
		return []any{[]any{512, 0, "pk", "sorcery", map[string]any{"unknown": 1}, []any{map[string]any{"field": 0, "type": "odd", "collation": 3}}},
			[]any{999, 0, "pk", "tree", map[string]any{}, []any{}}}
	case viewSpaceSequence:
		return []any{[]any{512, 7, true, 0, ""}}
	}
	return nil
}

func openMuseum(t *testing.T, o Options) *museum {
	t.Helper()
	m := &museum{version: make(chan uint64, 10), asked: make(chan uint32, 1000)}
	sc := perform(t, func(_ int, s *script) {
		now := uint64(1)
		s.introduceModern()
		for {
			r := s.next()
			switch r.Type {
			case 0:
				return
			case iproto.TypeWatch:
				continue
			case iproto.TypeSelect:
				sel, _, err := iproto.ParseSelect(r.body)
				if err != nil {
					t.Error(err)
				}
				m.asked <- sel.Space.ID
				if sel.Space.ID == viewCollation {
					s.Write(iproto.NewError(iproto.CodeNoSuchSpace, "no").AppendReply(nil, r.Sync, now))
					continue
				}
				s.answer(r.Sync, now, rowsOf(sel.Space.ID, now))
			default:
				v := now
				select {
				case v = <-m.version:
					if v != 0 {
						now = v
					}
				default:
				}
				s.answer(r.Sync, v, []any{7})
			}
		}
	})
	m.c = connect(t, sc.addr, o)
	return m
}

// answer answers with values and a schema version; 0 is none.
func (s *script) answer(sync, version uint64, values []any) {
	data, err := msgp.AppendValue(nil, append([]any{}, values...))
	if err != nil {
		s.t.Error(err)
	}
	b, mark := iproto.BeginFrame(nil)
	if version == 0 {
		b = msgp.AppendUint(append(b, 0x82, 0, 0, 1), sync)
	} else {
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, sync, version)
	}
	s.Write(iproto.EndFrame(iproto.Data{Array: data}.Append(b), mark))
}

// expectAsked checks which views were read since the last time.
func (m *museum) expectAsked(t *testing.T, want string) {
	t.Helper()
	if err := m.c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	var got []string
	for len(m.asked) > 0 {
		got = append(got, fmt.Sprint(<-m.asked))
	}
	if s := strings.Join(got, " "); s != want {
		t.Errorf("the client has read %s, want %s", s, want)
	}
}

const allViews = "281 289 277 341"

func TestSchemaIsReadWhenItChanges(t *testing.T) {
	m := openMuseum(t, Options{})
	var j journal
	m.c.OnSchemaReload(j.notes("reload"))
	m.c.OnConnect(j.notes("connect"))
	m.expectAsked(t, allViews)
	info := m.c.Schema().Space("v1")
	if info == nil || len(info.Indexes) != 1 || info.Indexes[0].Type != "SORCERY" || info.Indexes[0].Sequence.ID != 7 {
		t.Fatalf("C71: %+v", info)
	}
	if p := info.Indexes[0].Parts[0]; p.Collation != "" || *p.CollationID != 3 {
		t.Errorf("C74: %+v", p)
	}
	space := m.c.Space("v2")
	for range 10 {
		m.c.Ping(patience(t))
	}
	m.version <- 0
	m.expectAsked(t, "") // C124
	m.version <- 2
	m.expectAsked(t, allViews) // C120: the ping whose answer tells returns when it has been read
	if m.c.Schema().Space("v1") != nil || space.Info() == nil || m.c.Schema().Version != 2 {
		t.Errorf("C119: %+v", m.c.Schema())
	}
	m.expectAsked(t, "")
	reactortest.Eventually(t, func() bool { return j.String() == "reload" }, "the trigger")
	if m.c.Metrics().Reloads != 1 {
		t.Errorf("C120: %+v", m.c.Metrics())
	}
}

func TestStreamsFollowTheSchema(t *testing.T) {
	m := openMuseum(t, Options{})
	s := m.c.NewStream()
	space := s.Space("v2")
	if _, err := space.Get(patience(t), Key(1)); !errors.Is(err, iproto.CodeNoSuchSpace) {
		t.Errorf("C129: %v", err)
	}
	m.version <- 2
	if err := s.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	if _, err := space.Get(patience(t), Key(1)); err != nil {
		t.Errorf("C129: %v", err)
	}
}

func TestNoSchemaIsRead(t *testing.T) {
	m := openMuseum(t, Options{NoSchema: true})
	m.c.OnSchemaReload(func(*Conn) error { t.Error("C123: reloaded"); return nil })
	m.version <- 2
	m.expectAsked(t, "")
	m.expectAsked(t, "")
	if m.c.Schema() != nil {
		t.Error("C123: there is a schema")
	}
}

func TestSchemaThatNeverStaysTheSame(t *testing.T) {
	sc := perform(t, func(_ int, s *script) {
		s.introduceModern()
		for v := uint64(2); ; v++ {
			r := s.next()
			if r.Type == 0 {
				return
			}
			s.answer(r.Sync, v, nil)
		}
	})
	if _, err := Connect(patience(t), sc.addr, Options{ConnectTimeout: 100 * time.Millisecond}); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errConnectTimeout) {
		t.Errorf("got %v", err)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	for _, values := range [][]any{{7}, {[]any{}}, {[]any{"x"}}, {[]any{-1, 0, "x"}}} {
		sc := perform(t, func(_ int, s *script) {
			s.introduceModern()
			for {
				r := s.next()
				if r.Type == 0 {
					return
				}
				s.answer(r.Sync, 1, values)
			}
		})
		if _, err := Connect(patience(t), sc.addr, Options{}); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("%v: %v", values, err)
		}
	}
}

func TestWatchedOnce(t *testing.T) {
	answers := make(chan []any, 2)
	answers <- []any{"value"}
	answers <- nil
	sc := perform(t, func(_ int, s *script) {
		s.introduceModern()
		for {
			switch r := s.next(); r.Type {
			case 0:
				return
			case iproto.TypeWatchOnce:
				s.answer(r.Sync, 1, <-answers)
			}
		}
	})
	c := connect(t, sc.addr, Options{NoSchema: true})
	if v, err := c.WatchOnce(patience(t), "k"); err != nil || string(v) != "\xa5value" {
		t.Errorf("C163: %q, %v", v, err)
	}
	if v, err := c.WatchOnce(patience(t), "k"); err != nil || v != nil {
		t.Errorf("C163: %q, %v", v, err)
	}
}

func TestPushesDoNotExtendTheTimeout(t *testing.T) {
	c := connectTo(t, func(s *script) {
		r := s.next()
		chunk := iproto.AppendChunk(nil, r.Sync, 1, []byte{9})
		for {
			if _, err := s.Write(chunk); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	var last error
	for _, err := range c.Send(Call("f")).Pushes(ctx) {
		last = err
	}
	if !errors.Is(last, context.DeadlineExceeded) {
		t.Errorf("C99: %v", last)
	}
	if _, err := c.WithTimeout(10*time.Millisecond).Call(context.Background(), "g"); err == nil {
		t.Error("C99: answered")
	}
}
