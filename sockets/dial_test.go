package sockets

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestAddressesRace connects where the first address does not answer, or
// refuses, and another one does.
func TestAddressesRace(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		dial := func(wait, delay time.Duration, port string, hosts ...string) (*Socket, error) {
			d := Dialer{Timeout: wait, FallbackDelay: delay, Resolver: reactortest.NameServer(t, hosts...)}
			return d.Connect(t.ctx, "several.test.", port)
		}
		live := addrOf(t.listener("127.0.0.1", "0").Addr()).Service()
		s := t.own(dial(soon, short, live, "127.0.0.2", "127.0.0.1"))
		if got := s.RemoteAddr().String(); got != "127.0.0.1:"+live {
			t.Errorf("connected to %v", got)
		}
		t.own(dial(soon, -1, live, "127.0.0.2", "127.0.0.1"))
		_, err := dial(soon, short, freePort(t), "127.0.0.1", "127.0.0.2")
		wantIs(t, err, syscall.ECONNREFUSED)

		hanging := fullQueue(t)
		_, err = dial(2*short, short, hanging, "127.0.0.2", "127.0.0.1")
		wantTimeout(t, err)
		t.listener("127.0.0.2", hanging)
		begin := time.Now()
		t.own(dial(soon, short, hanging, "127.0.0.1", "127.0.0.2"))
		wantElapsed(t, begin, short)
		_, err = dial(2*short, -1, hanging, "127.0.0.1", "127.0.0.2")
		wantTimeout(t, err)
	})
}

// TestNoHostIsLoopbackOfBothFamilies connects to a listener of each.
func TestNoHostIsLoopbackOfBothFamilies(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		for host, family := range map[string]Family{"127.0.0.1": FamilyInet, "::1": FamilyInet6} {
			ln, err := ListenContext(t.ctx, host, "0", ListenConfig{})
			if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
				t.Skip("SKIPPED: no IPv6 on this machine:", err)
			}
			t.must(err)
			for _, d := range []Dialer{{}, {Family: family}} {
				s := t.own(d.Connect(t.ctx, "", addrOf(ln.Addr()).Service()))
				if s.RemoteAddr().String() != ln.Addr().String() || s.Family() != family {
					t.Errorf("connected to %v", s.RemoteAddr())
				}
			}
			t.must(ln.Close())
		}
		_, err := (&Dialer{Family: FamilyUnix}).Connect(t.ctx, "", "1")
		wantIs(t, err, ErrInvalid)
	})
}

func TestDialerOptions(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		mine := errors.New("mine")
		d := Dialer{LocalAddr: addrOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}), Nagle: true, KeepAlive: -1, Timeout: soon,
			Control: func(s *Socket) error { return s.SetRecvBuffer(65536) }}
		conn, err := d.DialContext(t.ctx, "tcp", ln.Addr().String())
		t.must(err)
		c := t.own(conn.(*Socket), nil)
		if name, err := c.Name(); err != nil || name.Host() != "127.0.0.9" {
			t.Errorf("this end is %v, %v", name, err)
		}
		wantOption(t, c, "tcp", "TCP_NODELAY", 0)
		wantOption(t, c, "socket", "SO_KEEPALIVE", 0)
		d.Control = func(*Socket) error { return mine }
		if conn, err := d.DialContext(t.ctx, "tcp4", ln.Addr().String()); !isAny(err, mine) || conn != nil {
			t.Errorf("%v, %v", conn, err)
		}
		for network, address := range map[string]string{"udp": "127.0.0.1:1", "tcp": "no port", "tcp6": ln.Addr().String()} {
			if conn, err := d.DialContext(t.ctx, network, address); err == nil || conn != nil {
				t.Errorf("%s %s: %v, %v", network, address, conn, err)
			}
		}
	})
}

// TestHTTP serves net/http from a Listener and fetches with a Dialer.
func TestHTTP(t *testing.T) {
	onGoroutine(t, func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(body)
		})}
		ended := make(chan error, 1)
		go func() { ended <- srv.Serve(ln) }()
		transport := &http.Transport{DialContext: (&Dialer{}).DialContext}
		client := &http.Client{Transport: transport, Timeout: soon}
		for range 3 {
			body := randomBytes(1 << 20)
			res, err := client.Post("http://"+ln.Addr().String(), "", io.MultiReader(&sliceReader{body}))
			t.must(err)
			got, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if string(got) != string(body) || err != nil {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		}
		transport.CloseIdleConnections()
		t.must(srv.Shutdown(context.Background()))
		wantIs(t, <-ended, http.ErrServerClosed)
	})
}

// sliceReader is no more than an io.Reader.
type sliceReader struct{ left []byte }

func (r *sliceReader) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func TestFromConn(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		conn, err := net.Dial("tcp", ln.Addr().String())
		t.must(err)
		s, _, err := ln.AcceptSocket(soon)
		s = t.own(s, err)
		c := t.own(FromConn(conn))
		send(t, c, "x\n")
		wantBytes(t, "x\n", nil)(s.ReadUntil(soon, "\n"))
		_, err = conn.Write([]byte("y"))
		wantIs(t, err, net.ErrClosed)
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		_, err = FromConn(a)
		wantIs(t, err, ErrInvalid)
		f, err := c.File()
		t.must(err)
		t.must(f.Close())
	})
}

// TestBothFamilies listens on every address and connects by both families, and
// exchanges datagrams between them.
func TestBothFamilies(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		probe := t.make(FamilyInet6, Stream)
		if err := probe.Bind("::1", "0"); err != nil {
			t.Skip("SKIPPED: no IPv6 on this machine:", err)
		}
		ln := t.listener("*", "0")
		port := addrOf(ln.Addr()).Service()
		for host, family := range map[string]Family{"127.0.0.1": FamilyInet, "::1": FamilyInet6} {
			c := t.own(ConnectContext(t.ctx, host, port))
			s, from, err := ln.AcceptSocket(soon)
			s = t.own(s, err)
			if from.Family != family || from.Host() != host {
				t.Errorf("from %v, want %s", from, host)
			}
			send(t, c, "x\n")
			wantBytes(t, "x\n", nil)(s.ReadUntil(soon, "\n"))
		}
		six, four := t.make(FamilyInet6, Datagram), t.make(FamilyInet, Datagram)
		t.must(six.Bind("::", "0"))
		t.must(four.Bind("127.0.0.1", "0"))
		_, err := six.SendTo("127.0.0.1", portOfSocket(t, four), []byte("x"))
		t.must(err)
		m, err := four.RecvFromWait(soon, Auto)
		wantBytes(t, "x", nil)(m.Data, err)
		_, err = four.SendToAddr(*m.From, []byte("y"))
		t.must(err)
		m, err = six.RecvFromWait(soon, Auto)
		wantBytes(t, "y", nil)(m.Data, err)
		if m.From.Host() != "127.0.0.1" || m.From.Family != FamilyInet {
			t.Errorf("from %v", m.From)
		}
	})
}
