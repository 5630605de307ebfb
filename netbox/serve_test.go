package netbox

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A scene is a server whose connections are played one after the other, as many as come, by the scripts given: the last
// one plays all that follow.
type scene struct {
	addr string
	ln   net.Listener

	mu    sync.Mutex
	conns []net.Conn
	count int
}

// perform starts a server. n counts its connections from 0.
func perform(t testing.TB, f func(n int, s *script)) *scene {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sc := &scene{addr: ln.Addr().String(), ln: ln}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			n := sc.add(c)
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
				f(n, &script{c.(*net.TCPConn), t})
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		sc.drop()
		wg.Wait()
	})
	return sc
}

func (sc *scene) add(c net.Conn) int {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.conns = append(sc.conns, c)
	sc.count++
	return sc.count - 1
}

// drop closes the connections there are.
func (sc *scene) drop() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for _, c := range sc.conns {
		c.Close()
	}
	sc.conns = nil
}

// connections tells how many there have been.
func (sc *scene) connections() int {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.count
}

// introduceModern greets and answers ID as a server that can do everything. The schema version of all its answers is 1.
func (s *script) introduceModern() {
	s.Write(greeting())
	r := s.next()
	if r.Type != iproto.TypeID && r.Type != iproto.TypeOK { // OK is the end
		s.t.Errorf("the first request is %v, want ID", r.Type)
	}
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, r.Sync, 1)
	id := iproto.ID{Version: 10, Features: iproto.Features(1<<13 - 1), AuthType: iproto.AuthChapSHA1}
	s.Write(iproto.EndFrame(id.Append(b), mark))
}

// answerAll answers every request with the values, until the connection ends. What has no answer is given to others.
func (s *script) answerAll(others func(r request), value ...byte) {
	for {
		switch r := s.next(); r.Type {
		case 0:
			return
		case iproto.TypeWatch, iproto.TypeUnwatch:
			if others != nil {
				others(r)
			}
		default:
			s.ok(r.Sync, value...)
		}
	}
}
