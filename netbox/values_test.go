package netbox

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

func TestTarantoolEchoesExtensions(t *testing.T) {
	_, c := tarantool(t)
	id := uuid.New()
	if got, err := CallAs[uuid.UUID](patience(t), c, "echo", id); err != nil || got != id {
		t.Errorf("uuid: %v, %v", got, err)
	}
	r, err := c.Eval(patience(t), "return require('decimal').new('1.50'), require('uuid').fromstr('"+id.String()+"')")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := r.Values(); err != nil || fmt.Sprint(v) != "[1.5 "+id.String()+"]" {
		t.Errorf("decimal and uuid: %v, %v", v, err)
	}
}

func TestValuesOfAnAnswer(t *testing.T) {
	c := connectTo(t, func(s *script) {
		s.Write(framed(unhex(t, "82 00 00 01 SS 81 30 92 c7 10 03 8100 91 84 00 a141 01 a0 03 a3626164 05 05 d4 4d 07", s.next().Sync)))
	})
	r, err := c.Call(patience(t), "f")
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Values()
	if err != nil || len(v) != 2 {
		t.Fatal(v, err)
	}
	if e, ok := v[0].(*Error); !ok || !errors.Is(e, iproto.CodeUnsupported) && e.Message != "bad" {
		t.Errorf("C192: %#v", v[0])
	}
	if e, ok := v[1].(msgp.Ext); !ok || e.Type != 0x4d || string(e.Data) != "\x07" {
		t.Errorf("C202: %#v", v[1])
	}
}

func TestTuplesThatComeWithTheirFormat(t *testing.T) {
	// Two tuples, of the formats 33 and 34, and what these are: {id, name} and {name}.
	body := "82 30 92 c705 07 21 92 01 a161 c704 07 22 91 a162 60 82 21 92 82 a46e616d65 a26964 a474797065 a8756e7369676e6564" +
		" 81 a46e616d65 a46e616d65 22 91 81 a46e616d65 a46e616d65"
	requests := make(chan iproto.ID, 1)
	c := connect(t, play(t, func(s *script) {
		s.Write(greeting())
		r := s.next()
		id, _, err := iproto.ParseID(r.body)
		if err != nil {
			t.Error(err)
		}
		requests <- id
		b, mark := iproto.BeginFrame(nil)
		b = iproto.AppendReplyHeader(b, iproto.TypeOK, r.Sync, 1)
		s.Write(iproto.EndFrame(id.Append(b), mark))
		for r := s.next(); r.Type != 0; r = s.next() {
			if r.Type != iproto.TypeWatch {
				s.Write(framed(unhex(t, "82 00 00 01 SS"+body, r.Sync)))
			}
		}
	}), Options{NoSchema: true, TupleFormats: true})
	if id := <-requests; !id.Features.Has(iproto.FeatureDMLTupleExtension) || !id.Features.Has(iproto.FeatureCallRetTupleExtension) {
		t.Errorf("C200: offered %v", id.Features)
	}
	r, err := c.Call(patience(t), "f")
	if err != nil || r.Len() != 2 {
		t.Fatal(err)
	}
	first, err := r.Tuple(0)
	if m, e := first.Map(); err != nil || e != nil || len(m) != 2 || m["id"] != int64(1) || m["name"] != "a" {
		t.Errorf("C200: %v, %v, %v", m, err, e)
	}
	second, err := r.Tuple(1)
	if err != nil || string(second.Field("name")) != "\xa1b" || second.Field("id") != nil {
		t.Errorf("C200: %q, %v", second.Field("name"), err)
	}
	lists, err := Select[[]any](patience(t), c.SpaceByID(512), Key())
	if err != nil || fmt.Sprint(lists) != "[[1 a] [b]]" {
		t.Errorf("C200: %v, %v", lists, err)
	}
	if list, err := CallAs[[]any](patience(t), c, "f"); err != nil || fmt.Sprint(list) != "[1 a]" {
		t.Errorf("C200: %v, %v", list, err)
	}
	if _, err := r.Tuple(2); err == nil {
		t.Error("C200: a tuple that is not there")
	}
}
