//go:build unix

package netbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// encrypted puts TLS before a server with socat, and returns the address and what to connect with.
func encrypted(t *testing.T, server string) (addr string, config *tls.Config) {
	t.Helper()
	socat, openssl := reactortest.Need(t, "socat"), reactortest.Need(t, "openssl")
	dir := t.TempDir()
	both := filepath.Join(dir, "server.pem")
	out, err := exec.Command(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", both, "-out", filepath.Join(dir, "cert.pem")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cert, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(both, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(cert)
	f.Close()
	cmd := exec.Command(socat, "-d", "-d", "OPENSSL-LISTEN:0,bind=127.0.0.1,reuseaddr,fork,verify=0,cert="+both, "TCP:"+server)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, a, ok := strings.Cut(lines.Text(), "listening on AF=2 "); ok {
			addr = a
			break
		}
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		<-read
	})
	if addr == "" {
		t.Fatal("socat does not listen")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return addr, &tls.Config{RootCAs: pool}
}

func TestTarantoolEncrypted(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{MemoryMiB: 128, Super: true})
	addr, config := encrypted(t, srv.Addr)
	c := connect(t, "alice:secret@"+addr+"?transport=ssl", Options{TLS: config, NoSchema: true})
	if user, err := CallAs[string](patience(t), c, "box.session.user"); err != nil || user != "alice" {
		t.Errorf("I am %q, %v", user, err)
	}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 500 {
				if r, err := c.Call(context.Background(), "echo", g, i); err != nil || r.Int(0) != int64(g) || r.Int(1) != int64(i) {
					t.Errorf("got %d, %d, %v", r.Int(0), r.Int(1), err)
					return
				}
			}
		})
	}
	wg.Wait()
	futures := make([]*Future, 5000)
	for i := range futures {
		futures[i] = c.Send(Call("echo", i))
	}
	for i, f := range futures {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i) {
			t.Fatalf("request %d: %d, %v", i, r.Int(0), err)
		}
	}
	text := string(bytes.Repeat([]byte("0123456789abcdef"), 1<<16))
	if r, err := c.Call(patience(t), "echo", text); err != nil || r.String(0) != text {
		t.Errorf("C69: %d bytes, %v", len(r.Bytes(0)), err)
	}
	if got, err := collect(t, c.Send(Call("push_n", 5))); err != nil || fmt.Sprint(got) != "[1 2 3 4 5]" {
		t.Errorf("pushes: %v, %v", got, err)
	}
	lost := c.Send(Call("sleep", 1000))
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	srv.Kill()
	if _, err := lost.Wait(patience(t)); !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("C173: %v", err)
	}
}

func TestPapTravelsEncrypted(t *testing.T) {
	addr, config := encrypted(t, authServer(t, iproto.AuthPapSHA256, func(a iproto.Auth) {
		if string(a.Method) != iproto.AuthPapSHA256 || string(a.User) != "alice" || string(a.Data) != "secret" {
			t.Errorf("C35: %s %s %q", a.Method, a.User, a.Data)
		}
	}))
	connect(t, "alice:secret@"+addr, Options{NoSchema: true, TLS: config})
	connect(t, "alice:secret@"+addr, Options{NoSchema: true, TLS: config, AuthType: iproto.AuthPapSHA256})
}

func TestEncryptedInAFiber(t *testing.T) {
	addr, config := encrypted(t, boxServer(t).String())
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fiber, err := r.Go(patience(t), func(ctx context.Context) {
		c, err := Connect(ctx, addr, Options{TLS: config, Reactor: r})
		if err != nil {
			t.Error(err)
			return
		}
		for i := range 100 {
			if res, err := c.Call(ctx, "echo", i); err != nil || res.Int(0) != int64(i) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := fiber.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestUntrustedServer(t *testing.T) {
	sc := perform(t, func(_ int, s *script) { s.Write(greeting()); s.waitEOF() })
	addr, _ := encrypted(t, sc.addr)
	var unknown x509.UnknownAuthorityError
	if _, err := Connect(patience(t), addr, Options{TLS: &tls.Config{}}); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	if _, err := Connect(patience(t), sc.addr, Options{TLS: &tls.Config{}}); err == nil {
		t.Error("connected to a server without TLS")
	}
	if _, err := Connect(patience(t), addr+"?transport=ssl", Options{}); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

func TestFilesOfAnEncryptedAddress(t *testing.T) {
	addr, config := encrypted(t, boxServer(t).String())
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, certOf(t, addr, config), 0o600); err != nil {
		t.Fatal(err)
	}
	c := connect(t, addr+"?transport=ssl&ssl_ca_file="+file, Options{})
	if r, err := c.Call(patience(t), "echo", 7); err != nil || r.Int(0) != 7 {
		t.Error(err)
	}
	for query, says := range map[string]string{
		"ssl_ca_file=" + file:                 "not transport=ssl",
		"transport=ssl&ssl_ca_file=/nowhere":  "ssl_ca_file",
		"transport=ssl&ssl_key_file=/nowhere": "ssl_key_file",
		"transport=ssl&ssl_ca_file=/dev/null": "no certificate",
		"transport=pigeon":                    "pigeon",
		"transport=ssl&ssl_ciphers=x":         "ssl_ciphers",
		"%zz":                                 "parameters",
	} {
		if _, err := Connect(patience(t), addr+"?"+query, Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("C49 %s: %v", query, err)
		}
	}
	if _, err := Connect(patience(t), addr+"?transport=ssl&ssl_ca_file="+file, Options{TLS: config}); err == nil {
		t.Error("C49: both files and a configuration")
	}
}

// certOf returns the certificate of a server in PEM.
func certOf(t *testing.T, addr string, config *tls.Config) []byte {
	t.Helper()
	config = config.Clone()
	config.ServerName = "localhost"
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: conn.ConnectionState().PeerCertificates[0].Raw})
}

func TestConnectionsThatAreGiven(t *testing.T) {
	conn, err := net.Dial("tcp", boxServer(t).String())
	if err != nil {
		t.Fatal(err)
	}
	f, err := conn.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	c, err := ConnectFD(patience(t), dup(t, f), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, err := c.Call(patience(t), "echo", 42); err != nil || r.Int(0) != 42 {
		t.Errorf("C47: %v", err)
	}
	if _, err := ConnectConn(patience(t), nil, Options{ReconnectAfter: 1}); err == nil {
		t.Error("C47: a given connection that reconnects")
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ConnectFD(patience(t), dup(t, file), Options{}); err == nil {
		t.Error("C47: connected to a file")
	}
	if _, err := ConnectFD(patience(t), ^uintptr(0), Options{}); err == nil || !strings.Contains(err.Error(), "Invalid fd") {
		t.Errorf("C47: %v", err)
	}
}

func TestGivenConnectionEndsWithItsServer(t *testing.T) {
	client, server := net.Pipe() // writes wait until they are read
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Write(greeting())
		buf := make([]byte, 100)
		server.Read(buf)
		server.Write(iproto.NewError(iproto.CodeUnknownRequestType, "").AppendReply(nil, 1<<slotBits, 1))
		server.Read(buf)
		server.Close()
	}()
	c, err := ConnectConn(patience(t), client, Options{NoSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	big := c.Send(Call("f", make([]byte, 1<<20)))
	expectLost(t, big, true, c.awaitErr(t))
	<-ended
	if c.State() != StateError || c.Close() != nil {
		t.Errorf("state %v", c.State())
	}
}

func TestCloseOfAGivenConnectionWhosePeerDoesNotRead(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		server.Write(greeting())
		server.Read(make([]byte, 100))
		server.Write(iproto.NewError(iproto.CodeUnknownRequestType, "").AppendReply(nil, 1<<slotBits, 1))
	}()
	c, err := ConnectConn(patience(t), client, Options{NoSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	w := c.link.wire.(*netWire)
	w.mu.Lock()
	w.patience = 10 * time.Millisecond
	w.mu.Unlock()
	f := c.Send(Call("f"))
	if err := c.Close(); err != nil || c.State() != StateClosed {
		t.Errorf("%v, state %v", err, c.State())
	}
	if _, err := f.Wait(patience(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestReactorStopsUnderAGivenConnection(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", play(t, func(s *script) { s.introduce(); s.waitEOF() }))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ConnectConn(patience(t), client, Options{NoSchema: true, Reactor: r})
	if err != nil {
		t.Fatal(err)
	}
	f := c.Send(Call("f"))
	_ = r.Close()
	if _, err := f.Wait(patience(t)); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("got %v", err)
	}
	if err := c.Close(); err != nil || c.State() != StateError {
		t.Errorf("%v, state %v", err, c.State())
	}
}

func (c *Conn) awaitErr(t *testing.T) error {
	select {
	case <-c.Done():
	case <-time.After(reactortest.Patience):
		t.Fatal("the connection does not end")
	}
	return c.Err()
}
