// Tlsfibers sends back lines over TLS. Its handlers are fibers: blocking code,
// crypto/tls included and unchanged, that runs on the loop of its connection
// and yields where it would wait.
//
//	go run ./examples/tlsfibers -listen 127.0.0.1:3303
//	openssl s_client -quiet -connect 127.0.0.1:3303
//
// The certificate is made at the start, by itself and for itself: clients have
// to be told not to ask who signed it.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3303", "serve on this address, `host:port`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serve(ctx, *listen)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// serve serves until ctx is done.
func serve(ctx context.Context, listen string) error {
	cert, err := selfSigned()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	srv := &sockets.Server{Mode: sockets.Fiber, Handler: echo(cert), Name: "tlsfibers", Logger: slog.Default()}
	if err := srv.Start(ctx, host, port); err != nil {
		return err
	}
	fmt.Println("listening on", srv.Addr())
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = srv.Shutdown(grace) // who is connected is not waited for
	return nil
}

// echo sends back every line, encrypted.
func echo(cert tls.Certificate) sockets.Handler {
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	return func(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
		conn := tls.Server(s, config)
		defer conn.Close()
		lines := bufio.NewScanner(conn)
		for lines.Scan() {
			if _, err := fmt.Fprintln(conn, lines.Text()); err != nil {
				return
			}
		}
	}
}

// selfSigned makes a key and a certificate that is good for a day.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "tlsfibers"},
		DNSNames:     []string{"localhost"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
