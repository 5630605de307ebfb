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
	if got, err := CallAs[uuid.UUID](patience(t), c.Requester, "echo", id); err != nil || got != id {
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
