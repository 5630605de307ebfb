package sockets

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

func TestFiberHandlersServeManyAtOnce(t *testing.T) {
	srv := serve(t, &Server{Handler: echoLines, Mode: Fiber})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := connect(t, srv)
			for k := range 50 {
				want := fmt.Sprintf("client %d line %d\n", i, k)
				if _, err := c.Write([]byte(want)); err != nil {
					t.Error(err)
					return
				}
				if got, err := c.ReadUntil(soon, "\n"); err != nil || string(got) != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
					return
				}
			}
		}()
	}
	wg.Wait()
}

func TestFiberHandlerTimesOutAndKeepsItsBytes(t *testing.T) {
	got := make(chan string, 3)
	srv := serve(t, &Server{Mode: Fiber, Handler: func(_ context.Context, s *Socket, _ Addr) {
		_, err := s.ReadUntil(20*time.Millisecond, "\n")
		got <- fmt.Sprint(errors.Is(err, ErrTimeout), s.Buffered())
		_, _ = s.Write([]byte("go on\n"))
		line, err := s.ReadUntil(soon, "\n")
		got <- fmt.Sprintf("%s %v", line, err)
		line, err = s.ReadUntil(soon, "\n")
		got <- fmt.Sprintf("%s %v", line, err)
	}})
	c := connect(t, srv)
	_, _ = c.Write([]byte("half "))
	if s := <-got; s != "true 5" {
		t.Errorf("timed out, and bytes kept: %s", s)
	}
	_, _ = c.ReadUntil(soon, "\n")
	_, _ = c.Write([]byte("a line\nrest"))
	if s := <-got; s != "half a line\n <nil>" {
		t.Errorf("got %s", s)
	}
	_ = c.CloseWrite()
	if s := <-got; s != "rest unexpected EOF" {
		t.Errorf("got %s", s)
	}
}

func TestFiberHandlerWritesMoreThanThePeerTakesAtOnce(t *testing.T) {
	const size = 16 << 20
	srv := serve(t, &Server{Mode: Fiber, Handler: func(_ context.Context, s *Socket, _ Addr) {
		_, _ = s.Write(make([]byte, size))
	}})
	if n, err := io.Copy(io.Discard, connect(t, srv)); n != size || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

func TestFibersTakeTurnsOnASocket(t *testing.T) {
	srv := serve(t, &Server{Mode: Fiber, Handler: echoLines})
	done := make(chan error, 1)
	r, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Loop(0).Go(context.Background(), func(ctx context.Context) {
		c, err := ConnectContext(ctx, "127.0.0.1", portOf(srv))
		if err != nil {
			done <- err
			return
		}
		defer c.Close()
		// Two turns of the same loop: this fiber reads, and another wants to.
		other, err := reactor.Current(ctx).Loop().Go(ctx, func(ctx context.Context) {
			var tn turn
			tn.init()
			_ = tn.lock(&limit{timeout: Forever, ctx: ctx})
			again, _ := reactor.Current(ctx).Loop().Go(ctx, func(ctx context.Context) {
				if tn.lock(&limit{timeout: time.Millisecond, ctx: ctx}) != ErrTimeout { //nolint:errorlint // its own value
					t.Error("a held turn was had")
				}
				if err := tn.lock(&limit{timeout: Forever, ctx: ctx}); err != nil {
					t.Error(err)
				}
				tn.unlock()
			})
			_ = reactor.Sleep(ctx, 20*time.Millisecond)
			tn.unlock()
			_ = again.Wait(ctx)
		})
		if err == nil {
			err = other.Wait(ctx)
		}
		_, _ = c.Write([]byte("hello\n"))
		if line, err := c.ReadUntil(soon, "\n"); err != nil || string(line) != "hello\n" {
			t.Errorf("got %q, %v", line, err)
		}
		done <- err
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestShutdownEndsFiberHandlers(t *testing.T) {
	begun, ended := make(chan bool, 1), make(chan error, 1)
	srv := &Server{Mode: Fiber, Handler: func(_ context.Context, s *Socket, _ Addr) {
		begun <- true
		_, err := s.ReadUntil(Forever, "\n")
		ended <- err
	}}
	if err := srv.Start(context.Background(), "127.0.0.1", "0"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, srv)
	_, _ = c.Write([]byte("no line"))
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returned %v", err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the handler's read returned %v", err)
	}
}

func TestPanicOfAFiberHandlerEndsItsConnectionAlone(t *testing.T) {
	srv := serve(t, &Server{Mode: Fiber, Handler: func(ctx context.Context, s *Socket, from Addr) {
		if line, _ := s.ReadUntil(soon, "\n"); string(line) == "panic\n" {
			panic("boom")
		}
		_, _ = s.Write([]byte("fine\n"))
	}})
	bad := connect(t, srv)
	_, _ = bad.Write([]byte("panic\n"))
	if b, err := io.ReadAll(bad); err != nil || len(b) != 0 {
		t.Errorf("got %q, %v", b, err)
	}
	good := connect(t, srv)
	_, _ = good.Write([]byte("hello\n"))
	if b, err := io.ReadAll(good); err != nil || string(b) != "fine\n" {
		t.Errorf("got %q, %v", b, err)
	}
}

// TestTLSInBothModes runs crypto/tls, unchanged, over the sockets of a server
// on goroutines and in fibers.
func TestTLSInBothModes(t *testing.T) {
	config := selfSigned(t)
	for name, mode := range map[string]Mode{"goroutine": Goroutine, "fiber": Fiber} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, &Server{Mode: mode, Handler: func(_ context.Context, s *Socket, _ Addr) {
				c := tls.Server(s, config)
				defer c.Close()
				lines := bufio.NewReader(c)
				for {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					_, _ = io.WriteString(c, line)
				}
			}})
			var wg sync.WaitGroup
			for range 8 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					c := tls.Client(connect(t, srv), &tls.Config{InsecureSkipVerify: true})
					defer c.Close()
					lines := bufio.NewReader(c)
					for i := range 50 {
						want := fmt.Sprintf("line %d\n", i)
						if _, err := io.WriteString(c, want); err != nil {
							t.Error(err)
							return
						}
						if got, err := lines.ReadString('\n'); err != nil || got != want {
							t.Errorf("got %q, %v, want %q", got, err, want)
							return
						}
					}
				}()
			}
			wg.Wait()
		})
	}
}

// selfSigned returns a server's configuration with a certificate of its own.
func selfSigned(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
}

// TestConnectInAFiberWithoutItsContext would wait for its own loop.
func TestConnectInAFiberWithoutItsContext(t *testing.T) {
	ln, err := Listen("127.0.0.1", "0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	inFiber(t, func(t *caseT) {
		_, err := Connect("127.0.0.1", addrOf(ln.Addr()).Service(), Forever)
		wantIs(t, err, reactor.ErrOnLoop)
	})
}
