package netbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestGreetingInPieces(t *testing.T) {
	for _, size := range []int{1, 7, 63, 64, 127} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			addr := play(t, func(s *script) {
				g := greeting()
				for i := 0; i < len(g)-1; i += size {
					s.Write(g[i:min(i+size, len(g)-1)])
				}
				s.Write(g[len(g)-1:])
				r := s.next()
				s.ok(r.Sync, 1)
				s.waitEOF()
			})
			// An ID answer without its keys is one without features.
			c := connect(t, addr, Options{NoSchema: true})
			if c.Version() != "3.3.0" || c.UUID() != "55a4e66f-8c01-4ae3-be94-1ea81d160162" || c.Peer() != addr {
				t.Errorf("version %q, uuid %q, peer %q", c.Version(), c.UUID(), c.Peer())
			}
		})
	}
}

func TestGreetingsThatAreNone(t *testing.T) {
	good := string(greeting())
	var protocol *iproto.ProtocolError
	var invalid *iproto.GreetingError
	for _, tt := range []struct {
		name, greeting string
		as             any
	}{
		{"C2 another server", "HTTP/1.1 400 Bad Request" + strings.Repeat(" ", 104), &invalid},
		{"C2 no first newline", strings.Replace(good, "\n", " ", 1), &invalid},
		{"C2 no second newline", good[:127] + " ", &invalid},
		{"C3 two numbers", strings.Replace(good, "3.3.0 ", "3.3   ", 1), &invalid},
		{"C3 Lua console", "Tarantool 3.3.0 (Lua console)" + strings.Repeat(" ", 34) + "\n" + good[64:], &protocol},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.greeting) != 128 {
				t.Fatalf("%d bytes", len(tt.greeting))
			}
			addr := play(t, func(s *script) {
				io.WriteString(s, tt.greeting)
				s.waitEOF()
			})
			_, err := Connect(patience(t), addr, Options{NoSchema: true})
			if !errors.As(err, tt.as) {
				t.Errorf("got %v, want a %T", err, tt.as)
			}
		})
	}
}

func TestVersionWithASuffix(t *testing.T) {
	addr := play(t, func(s *script) {
		s.Write(iproto.Greeting{Version: "3.3.0-a", UUID: "55a4e66f-8c01-4ae3-be94-1ea81d160162", Salt: make([]byte, 32)}.Append(nil))
		s.ok(s.next().Sync, 1)
		s.waitEOF()
	})
	t.Run("C3", func(t *testing.T) {
		if c := connect(t, addr, Options{NoSchema: true}); c.Version() != "3.3.0-a" {
			t.Errorf("version %q", c.Version())
		}
	})
}

func TestServerClosesWithinTheGreeting(t *testing.T) {
	for n := range 128 {
		t.Run(fmt.Sprint("C5 after ", n), func(t *testing.T) {
			addr := play(t, func(s *script) { s.Write(greeting()[:n]) })
			if _, err := Connect(patience(t), addr, Options{NoSchema: true}); !errors.Is(err, io.EOF) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestServerResetsWithinTheGreeting(t *testing.T) {
	addr := play(t, func(s *script) {
		s.Write(greeting()[:50])
		s.SetLinger(0)
	})
	if _, err := Connect(patience(t), addr, Options{NoSchema: true}); err == nil {
		t.Error("connected")
	}
}

func TestSilentServerMeetsConnectTimeout(t *testing.T) {
	for name, say := range map[string]int{"nothing": 0, "half a greeting": 64, "no answer to ID": 128} {
		t.Run("C39 "+name, func(t *testing.T) {
			addr := play(t, func(s *script) {
				s.Write(greeting()[:say])
				s.waitEOF()
			})
			began := time.Now()
			_, err := Connect(context.Background(), addr, Options{NoSchema: true, ConnectTimeout: 50 * time.Millisecond})
			if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < 50*time.Millisecond || took > reactortest.Patience {
				t.Errorf("got %v after %v", err, took)
			}
		})
	}
}

func TestConnectStopsWithItsContext(t *testing.T) {
	cause := errors.New("changed my mind")
	greeted := make(chan struct{})
	addr := play(t, func(s *script) {
		s.Write(greeting())
		close(greeted)
		s.waitEOF()
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-greeted
		cancel(cause)
	}()
	if _, err := Connect(ctx, addr, Options{NoSchema: true}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if _, err := Connect(ctx, addr, Options{NoSchema: true}); !errors.Is(err, cause) {
		t.Errorf("with a context that is done: %v", err)
	}
}

func TestConnectToAClosedPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	var op *net.OpError
	if _, err = Connect(patience(t), addr, Options{NoSchema: true}); !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) {
		t.Errorf("C38: got %v", err)
	}
}

func TestAnswersToID(t *testing.T) {
	t.Run("C23 unknown request", func(t *testing.T) {
		c := connect(t, play(t, func(s *script) {
			s.introduce()
			s.ok(s.next().Sync, 7)
			s.waitEOF()
		}), Options{NoSchema: true})
		if c.ProtocolVersion() != 0 || c.Features() != 0 {
			t.Errorf("version %d, features %v", c.ProtocolVersion(), c.Features())
		}
		if err := c.Ping(patience(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("C24 access denied", func(t *testing.T) {
		_, err := Connect(patience(t), play(t, func(s *script) {
			s.Write(greeting())
			s.Write(iproto.NewError(42, "no").AppendReply(nil, s.next().Sync, 1))
			s.waitEOF()
		}), Options{NoSchema: true})
		if !errors.Is(err, iproto.CodeAccessDenied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("features", func(t *testing.T) {
		c := connect(t, play(t, func(s *script) {
			s.Write(greeting())
			s.Write(framed(unhex(t, "82 00 00 01 SS 82 54 0a 55 93 00 03 cd03e7", s.next().Sync)))
			s.waitEOF()
		}), Options{NoSchema: true})
		if c.ProtocolVersion() != 10 || !c.Features().Has(0) || !c.Features().Has(3) || c.Features().Has(1) {
			t.Errorf("version %d, features %v", c.ProtocolVersion(), c.Features())
		}
	})
	for name, packet := range map[string]string{
		"no body": "82 00 00 01 SS", "wrong version": "82 00 00 01 SS 81 54 a131", "no map": "82 00 00 01 SS 90",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Connect(patience(t), play(t, func(s *script) {
				s.Write(greeting())
				s.Write(framed(unhex(t, packet, s.next().Sync)))
				s.waitEOF()
			}), Options{NoSchema: true})
			if err == nil {
				t.Error("connected")
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ in, network, addr string }{
		{"localhost:3301", "tcp", "localhost:3301"},
		{"3301", "tcp", "127.0.0.1:3301"},
		{"[::1]:3301", "tcp", "[::1]:3301"},
		{"unix/:/tmp/s", "unix", "/tmp/s"},
		{"/tmp/s", "unix", "/tmp/s"},
		{"./s", "unix", "./s"},
		{"alice:secret@localhost:3301", "tcp", "localhost:3301"},
		{"al%40ice:se%3acret@localhost:3301?auth_type=chap-sha1", "tcp", "localhost:3301"},
		{"", "", ""}, {"localhost", "", ""}, {"::1", "", ""}, {":secret@localhost:3301", "", ""},
		{"alice:secret@localhost", "", ""}, {"alice:secr%et@localhost:1", "", ""}, {"alice:secret@localhost:1?ssl_key_file=x", "", ""},
	} {
		network, addr, err := new(Options).parse(tt.in)
		if network != tt.network || addr != tt.addr || (err == nil) != (tt.network != "") {
			t.Errorf("%q: %q %q %v", tt.in, network, addr, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("C50: the password is in %q", err)
		}
	}
}

func TestOptionsAreCheckedAtTheDoor(t *testing.T) {
	for _, o := range []Options{{ConnectTimeout: -1}, {MaxPacket: iproto.MaxPacket + 1}} {
		if _, err := Connect(patience(t), "1", o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestReactorShutsDownUnderAConnection(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, play(t, func(s *script) {
		s.introduce()
		s.waitEOF()
	}), Options{NoSchema: true, Reactor: r, ReconnectAfter: time.Millisecond})
	f := c.Send(Ping())
	if err := r.Shutdown(patience(t)); err != nil {
		t.Error(err)
	}
	if _, err := f.Wait(patience(t)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if c.State() != StateError {
		t.Errorf("state %v", c.State())
	}
}

func TestReactorStopsUnderAConnection(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, play(t, func(s *script) {
		s.introduce()
		s.waitEOF()
	}), Options{NoSchema: true, Reactor: r})
	f := c.Send(Ping())
	_ = r.Close()
	if _, err := f.Wait(patience(t)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := c.Ping(patience(t)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("later: %v", err)
	}
	if _, err := Connect(patience(t), c.Peer(), Options{NoSchema: true, Reactor: r}); err == nil {
		t.Error("connected on a reactor that has stopped")
	}
}
