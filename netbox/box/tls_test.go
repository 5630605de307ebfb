package box

import (
	"bytes"
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
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// identity makes a certificate that stands for itself, and what believes it.
func identity(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: []string{name, "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// startTLS is start with TLS, and returns what to connect with.
func startTLS(t testing.TB, cfg Config, o ListenOptions) (srv *Server, addr string, client *tls.Config) {
	t.Helper()
	srv, _ = start(t, cfg)
	cert, pool := identity(t, "server")
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	o.TLS.Certificates = []tls.Certificate{cert}
	a, err := srv.ListenWith(o, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return srv, a.String(), &tls.Config{RootCAs: pool, ServerName: "server"}
}

// dialTLS is dialRaw with TLS.
func dialTLS(t testing.TB, addr string, config *tls.Config) *raw {
	t.Helper()
	c, err := tls.Dial("tcp", addr, config)
	if err != nil {
		t.Fatal(err)
	}
	return newRaw(t, c)
}

// connectTLS connects package netbox.
func connectTLS(t testing.TB, addr string, o netbox.Options) *netbox.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), reactortest.Patience)
	defer cancel()
	c, err := netbox.Connect(ctx, addr, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEncryptedClients(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(fmt.Sprint("mode ", mode), func(t *testing.T) {
			_, addr, config := startTLS(t, Config{Mode: mode}, ListenOptions{})
			c := connectTLS(t, addr, netbox.Options{TLS: config})
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for i := range 100 {
						r, err := c.Call(context.Background(), "echo", g, i)
						if err != nil || r.Int(0) != int64(g) || r.Int(1) != int64(i) {
							t.Errorf("%v %v", r, err)
							return
						}
					}
				})
			}
			wg.Wait()
			futures := make([]*netbox.Future, 3000)
			for i := range futures {
				futures[i] = c.Send(netbox.Call("echo", i))
			}
			for i, f := range futures {
				if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i) {
					t.Fatalf("request %d: %v", i, err)
				}
			}
			var got []int64
			f := c.Send(netbox.Call("push_n", 1000))
			for v, err := range f.Pushes(patience(t)) {
				if err != nil {
					t.Fatal(err)
				}
				n, err := v.Int()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n)
			}
			if len(got) != 1000 || got[0] != 1 || got[999] != 1000 {
				t.Errorf("%d pushes", len(got))
			}
			big := strings.Repeat("0123456789abcdef", 1<<17)
			if r, err := c.Call(patience(t), "echo", big); err != nil || r.String(0) != big {
				t.Errorf("a big one: %v", err)
			}
		})
	}
}

func TestEncryptedBytesInEverySplit(t *testing.T) {
	_, addr, config := startTLS(t, Config{Mode: Inline}, ListenOptions{})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config.MinVersion, config.MaxVersion = version, version
		c := dialTLS(t, addr, config)
		packet := call(1, "echo", 42)
		for i := 1; i < len(packet); i++ { // a record each
			c.write(packet[:i])
			c.write(packet[i:])
			c.expectOK(1)
		}
		c.write(bytes.Repeat(packet, 5000))
		for range 5000 {
			c.expectOK(1)
		}
	}
}

func TestEncryptedInputWaitsWhenTooMuchIsUnderWay(t *testing.T) {
	_, addr, config := startTLS(t, Config{MaxInFlight: 4, OutputBudget: 100_000}, ListenOptions{})
	c := dialTLS(t, addr, config)
	const n = 3000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			_, _ = c.Write(call(uint64(i), "echo", strings.Repeat("x", 1000)))
		}
	}()
	for range n {
		if p := c.take(); p.Type != iproto.TypeOK {
			t.Fatal(p)
		}
	}
	<-done
}

func TestPapNeedsTLS(t *testing.T) {
	srv, addr, config := startTLS(t, Config{AuthType: iproto.AuthPapSHA256}, ListenOptions{})
	if err := srv.SetUser(User{Name: "alice", Password: "secret", Rights: All}); err != nil {
		t.Fatal(err)
	}
	srv.Func("who", func(_ context.Context, req *Request) (any, error) { return req.Session().User(), nil })
	c := connectTLS(t, addr, netbox.Options{TLS: config, User: "alice", Password: "secret"})
	if r, err := c.Call(patience(t), "who"); err != nil || r.String(0) != "alice" {
		t.Errorf("%v", err)
	}
	plain, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	auth, mark := iproto.BeginFrame(nil)
	auth = iproto.AppendRequestHeader(auth, iproto.TypeAuth, 1, 0)
	auth = iproto.EndFrame(iproto.Auth{User: []byte("alice"), Method: []byte(iproto.AuthPapSHA256),
		Data: []byte("secret")}.Append(auth), mark)
	rich := dialTLS(t, addr, config)
	rich.write(auth)
	rich.expectOK(1)
	poor := dialRaw(t, plain.String())
	poor.write(auth)
	if p := poor.take(); p.Type == iproto.TypeOK {
		t.Error("a password in clear was accepted")
	}
}

func TestCertificatesOfClients(t *testing.T) {
	cert, pool := identity(t, "client")
	srv, addr, config := startTLS(t, Config{}, ListenOptions{
		TLS: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}})
	srv.Func("name", func(_ context.Context, req *Request) (any, error) {
		return req.Session().TLS().PeerCertificates[0].Subject.CommonName, nil
	})
	if _, err := netbox.Connect(patience(t), addr, netbox.Options{TLS: config}); err == nil {
		t.Error("connected without a certificate")
	}
	config.Certificates = []tls.Certificate{cert}
	c := connectTLS(t, addr, netbox.Options{TLS: config})
	if r, err := c.Call(patience(t), "name"); err != nil || r.String(0) != "client" {
		t.Errorf("%v", err)
	}
}

// A clerk counts the lines of a log, and keeps them.
type clerk struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *clerk) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *clerk) lines(of string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Count(c.text.String(), of)
}

func TestWhoDoesNotSpeakTLSIsRefused(t *testing.T) {
	log := &clerk{}
	reason := make(chan error, 1)
	srv, addr, config := startTLS(t, Config{Logger: slog.New(slog.NewTextHandler(log, nil)),
		Trace: &Trace{Disconnected: func(_ Session, err error) { reason <- err }}}, ListenOptions{})
	hello := func(t *testing.T) []byte { // what a client begins with
		t.Helper()
		a, b := net.Pipe()
		go func() { _ = tls.Client(a, config).Handshake() }()
		p := make([]byte, 4096)
		n, err := b.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		_ = b.Close()
		return p[:n]
	}
	for i, tt := range []struct {
		name string
		send []byte
		hang bool // the client hangs up first
	}{
		{"a client without TLS", iproto.AppendPing(nil, 1, 0), false},
		{"garbage", bytes.Repeat([]byte{0xff}, 100_000), false},
		{"an HTTP request", []byte("GET / HTTP/1.1\r\n\r\n"), false},
		{"half a handshake", hello(t)[:100], true},
		{"a handshake without an end", hello(t), true},
		{"nothing", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
			_, _ = c.Write(tt.send)
			if tt.hang {
				_ = c.(*net.TCPConn).CloseWrite()
			}
			if p, err := io.ReadAll(c); errors.Is(err, net.ErrClosed) || bytes.Contains(p, []byte("Tarantool")) {
				t.Errorf("got %q, %v", p, err)
			}
			reactortest.Eventually(t, func() bool {
				return srv.Stats().HandshakesFailed == uint64(i+1) && srv.Stats().Connections == 0
			}, "the failure to be counted: %+v", srv.Stats())
			if n := log.lines("connection lost"); n != i+1 {
				t.Errorf("%d lines in the log, want %d", n, i+1)
			}
		})
	}
	if _, err := netbox.Connect(patience(t), addr, netbox.Options{TLS: &tls.Config{}}); err == nil {
		t.Error("a client that does not trust the server has connected")
	}
	select {
	case err := <-reason:
		t.Errorf("Trace was told of the end of a client it has not been told of: %v", err)
	default:
	}
	dialTLS(t, addr, config).expectAlive()
}

func TestSlowHandshakeIsEnded(t *testing.T) {
	srv, addr, _ := startTLS(t, Config{}, ListenOptions{HandshakeTimeout: 50 * time.Millisecond})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	_, _ = c.Write([]byte{22, 3, 1}) // the head of a record, and no more
	if _, err := io.ReadAll(c); errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	reactortest.Eventually(t, func() bool { return srv.Stats().HandshakesFailed == 1 }, "the handshake to be given up")
}

func TestBrokenRecordEndsTheSession(t *testing.T) {
	reason := make(chan error, 1)
	_, addr, config := startTLS(t, Config{Trace: &Trace{Disconnected: func(_ Session, err error) { reason <- err }}}, ListenOptions{})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := newRaw(t, tls.Client(conn, config))
	c.expectAlive()
	_, _ = conn.Write([]byte{23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
	if _, err := c.next(); err == nil {
		t.Error("got an answer")
	}
	if err := <-reason; err == nil || !strings.Contains(err.Error(), "bad record MAC") {
		t.Errorf("the reason is %v", err)
	}
}

func TestGoodbyes(t *testing.T) {
	reason := make(chan error, 1)
	_, addr, config := startTLS(t, Config{Trace: &Trace{Disconnected: func(_ Session, err error) { reason <- err }}}, ListenOptions{})
	for name, end := range map[string]func(outer *tls.Conn, inner net.Conn){
		"with a goodbye":    func(outer *tls.Conn, _ net.Conn) { _ = outer.CloseWrite() },
		"without a goodbye": func(_ *tls.Conn, inner net.Conn) { _ = inner.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			outer := tls.Client(conn, config)
			c := newRaw(t, outer)
			c.expectAlive()
			end(outer, conn)
			c.expectEOF() // that is, with a goodbye of the server's
			if err := <-reason; !errors.Is(err, io.EOF) {
				t.Errorf("the reason is %v", err)
			}
		})
	}
}

func TestShutdownWithEncryptedClients(t *testing.T) {
	srv, addr, config := startTLS(t, Config{}, ListenOptions{})
	const size = 8 << 20 // more than the kernel takes at once
	gate, began := make(chan struct{}), make(chan struct{})
	srv.Func("wait", func(context.Context, *Request) (any, error) {
		close(began)
		<-gate
		return make([]byte, size), nil
	})
	half, err := net.Dial("tcp", addr) // in its handshake for ever
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	watcher := connectTLS(t, addr, netbox.Options{TLS: config}) // goes by itself
	c := dialTLS(t, addr, config)
	c.write(call(1, "wait"))
	<-began
	ended := make(chan error, 1)
	go func() { ended <- srv.Shutdown(patience(t)) }()
	<-watcher.Done()
	close(gate)
	if p := c.expectOK(1); len(p.body) < size {
		t.Errorf("%d bytes", len(p.body))
	}
	c.expectEOF()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCloseDropsEncryptedClients(t *testing.T) {
	srv, addr, config := startTLS(t, Config{}, ListenOptions{})
	srv.Func("wait", func(ctx context.Context, _ *Request) (any, error) { <-ctx.Done(); return nil, ctx.Err() })
	c := dialTLS(t, addr, config)
	c.write(call(1, "wait"))
	reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInProgress == 1 }, "the request")
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if n := srv.Stats().Connections; n != 0 {
		t.Errorf("%d connections", n)
	}
}
