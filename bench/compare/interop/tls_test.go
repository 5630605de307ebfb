package interop

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
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tarantool/go-tarantool/v3"

	"github.com/kharon-net/kharon/netbox/box"
)

// A tlsDialer is what go-tarantool has no dialer for without OpenSSL: its interface lets one bring a tls.Conn.
type tlsDialer struct {
	addr   string
	config *tls.Config
}

// Dial makes the connection; the greeting is for the dialers around this one.
func (d tlsDialer) Dial(ctx context.Context, _ tarantool.DialOpts) (tarantool.Conn, error) {
	conn, err := (&tls.Dialer{Config: d.config}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return nil, err
	}
	return &tlsConn{Conn: conn.(*tls.Conn), out: bufio.NewWriter(conn)}, nil
}

// A tlsConn is a tls.Conn as go-tarantool wants it: what is written leaves with Flush.
type tlsConn struct {
	*tls.Conn
	out *bufio.Writer
}

func (c *tlsConn) Write(p []byte) (int, error)          { return c.out.Write(p) }
func (c *tlsConn) Flush() error                         { return c.out.Flush() }
func (c *tlsConn) Addr() net.Addr                       { return c.RemoteAddr() }
func (c *tlsConn) Greeting() tarantool.Greeting         { return tarantool.Greeting{} }
func (c *tlsConn) ProtocolInfo() tarantool.ProtocolInfo { return tarantool.ProtocolInfo{} }

// startEncrypted is start with TLS, and returns how to dial.
func startEncrypted(t *testing.T) (*box.Server, func(auth tarantool.Auth, password string) tarantool.Dialer) {
	t.Helper()
	srv := create(t)
	cert, roots := identity(t)
	addr, err := srv.ListenWith(box.ListenOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: roots}
	return srv, func(auth tarantool.Auth, password string) tarantool.Dialer {
		return tarantool.AuthDialer{Auth: auth, Username: "alice", Password: password,
			Dialer: tarantool.ProtocolDialer{Dialer: tarantool.GreetingDialer{Dialer: tlsDialer{addr.String(), config}}}}
	}
}

// identity makes a certificate for this host that stands for itself, and what believes it.
func identity(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err == nil {
		cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestEncrypted(t *testing.T) {
	srv, dialer := startEncrypted(t)
	for name, auth := range map[string]tarantool.Auth{"chap-sha1": tarantool.ChapSha1Auth, "pap-sha256": tarantool.PapSha256Auth} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, dialer(auth, "secret"), tarantool.Opts{})
			if got, err := conn.Do(tarantool.NewCallRequest("who")).Get(); err != nil || fmt.Sprint(got) != "[alice]" {
				t.Errorf("I am %v, %v", got, err)
			}
			var wg sync.WaitGroup
			for g := range 16 {
				wg.Go(func() {
					for i := range 100 {
						got, err := conn.Do(tarantool.NewCallRequest("echo").Args([]any{g, i})).Get()
						if err != nil || fmt.Sprint(got) != fmt.Sprint([]any{g, i}) {
							t.Errorf("got %v, %v", got, err)
							return
						}
					}
				})
			}
			wg.Wait()
			text := strings.Repeat("0123456789abcdef", 1<<16) // many records of TLS
			var back []string
			if err := conn.Do(tarantool.NewCallRequest("echo").Args([]any{text})).GetTyped(&back); err != nil || len(back) != 1 || back[0] != text {
				t.Errorf("%d strings came back, %v", len(back), err)
			}
			events := make(chan any, 10)
			w, err := conn.NewWatcher("config", func(e tarantool.WatchEvent) { events <- e.Value })
			if err != nil {
				t.Fatal(err)
			}
			defer w.Unregister()
			if err := srv.Broadcast("config", name); err != nil {
				t.Fatal(err)
			}
			for came := any(nil); came != name; {
				select {
				case came = <-events:
				case <-patience(t).Done():
					t.Fatal("no event")
				}
			}
			_, err = tarantool.Connect(patience(t), dialer(auth, "wrong"), tarantool.Opts{})
			if err == nil || !strings.Contains(err.Error(), "credentials are invalid") {
				t.Errorf("with a wrong password: %v", err)
			}
		})
	}
}

func TestEncryptedServerIsNotBelievedBlindly(t *testing.T) {
	srv := create(t)
	cert, _ := identity(t)
	addr, err := srv.ListenWith(box.ListenOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	dialer := tarantool.GreetingDialer{Dialer: tlsDialer{addr.String(), &tls.Config{}}}
	if _, err := tarantool.Connect(patience(t), dialer, tarantool.Opts{}); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}
