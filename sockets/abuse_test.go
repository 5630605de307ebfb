package sockets

import (
	"net"
	"reflect"
	"testing"
)

// exempt are methods that need something of their caller's, hand a descriptor
// over, or tell of the call before.
var exempt = map[string]bool{"ReadFrom": true, "WriteTo": true, "WithContext": true, "Detach": true, "File": true,
	"Errno": true, "LastError": true}

// TestEveryCallOnEverySocket makes each call with arguments of nothing on
// sockets of several kinds, in states it is not meant for: none may panic or
// hang, and on a closed socket each must say that it is closed, or that its
// arguments are of no use.
func TestEveryCallOnEverySocket(t *testing.T) {
	states := map[string]func(t *caseT) *Socket{
		"closed": func(t *caseT) *Socket {
			s := t.make(FamilyInet, Stream)
			t.must(s.Close())
			return s
		},
		"fresh": func(t *caseT) *Socket { return t.make(FamilyInet, Stream) },
		"listening": func(t *caseT) *Socket {
			s := t.make(FamilyInet6, Stream)
			t.must(s.Listen(1))
			return s
		},
		"datagram":  func(t *caseT) *Socket { return t.make(FamilyInet, Datagram) },
		"unix":      func(t *caseT) *Socket { return t.make(FamilyUnix, Datagram) },
		"seqpacket": func(t *caseT) *Socket { return t.make(FamilyUnix, SeqPacket) },
	}
	typ := reflect.TypeFor[*Socket]()
	inBothModes(t, func(t *caseT) {
		for state, open := range states {
			for i := range typ.NumMethod() {
				m := typ.Method(i)
				if exempt[m.Name] {
					continue
				}
				s := open(t)
				results := m.Func.Call(zeros(s, m.Type))
				if state != "closed" || len(results) == 0 {
					continue
				}
				err, ok := results[len(results)-1].Interface().(error)
				if ok && !isAny(err, net.ErrClosed, ErrInvalid) {
					t.Errorf("%s of a closed socket: %v", m.Name, err)
				}
			}
		}
	})
}

// zeros returns the receiver and the zero values of a method's other
// arguments, as far as they are not optional.
func zeros(s *Socket, method reflect.Type) []reflect.Value {
	in := []reflect.Value{reflect.ValueOf(s)}
	for i := 1; i < method.NumIn(); i++ {
		if method.IsVariadic() && i == method.NumIn()-1 {
			break
		}
		if arg := method.In(i); arg == reflect.TypeFor[*net.Buffers]() {
			in = append(in, reflect.ValueOf(&net.Buffers{}))
		} else {
			in = append(in, reflect.Zero(arg))
		}
	}
	return in
}

// TestEveryCallOnABrokenConnection makes each call that may be made with nothing to
// wait for on a connection whose peer has reset it.
func TestEveryCallOnABrokenConnection(t *testing.T) {
	typ := reflect.TypeFor[*Socket]()
	inBothModes(t, func(t *caseT) {
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if exempt[m.Name] {
				continue
			}
			c, s := t.pair()
			t.must(c.SetLinger(true, 0))
			t.must(c.Close())
			wantReady(t, true)(s.Readable(soon))
			m.Func.Call(zeros(s, m.Type))
		}
	})
}
