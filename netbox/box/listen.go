package box

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// ListenOptions are how clients are taken in at one address. The zero value
// is how Listen does it.
type ListenOptions struct {
	// TLS encrypts the connections, before the greeting. It must have a
	// certificate, or a function that gets one. ClientAuth and ClientCAs ask
	// for certificates of clients, which Session.TLS tells. NextProtos is not
	// used: the protocol has no ALPN. Nil means that nothing is encrypted.
	TLS *tls.Config

	// HandshakeTimeout is how long a client may take to begin TLS, from its
	// connecting to the greeting. 0 means 10 seconds; below 0 is for ever.
	HandshakeTimeout time.Duration

	// Socket is how the listening socket is made, and how its connections are
	// placed on the loops. Its MaxConns holds for this address alone: beyond
	// it clients wait in the kernel.
	Socket reactor.ListenConfig
}

func (o *ListenOptions) check() error {
	if c := o.TLS; c != nil {
		if len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil {
			return errors.New("box: ListenOptions.TLS has no certificate")
		}
		o.TLS = c.Clone()
		o.TLS.NextProtos = nil
	}
	if o.TLS == nil && o.HandshakeTimeout != 0 {
		return fmt.Errorf("box: ListenOptions.HandshakeTimeout is %v, but TLS is not set", o.HandshakeTimeout)
	}
	setDefault(&o.HandshakeTimeout, 10*time.Second)
	return nil
}

// Listen begins to accept clients on address: "host:port", with port 0 for one
// that is free, or "unix/:path". It returns the address with the real port. A
// server can listen on any number of addresses. Safe to call from any
// goroutine.
func (s *Server) Listen(address string) (net.Addr, error) {
	return s.ListenWith(ListenOptions{}, address)
}

// ListenWith is Listen with options. The error says which of them is wrong, or
// is a *net.OpError. Safe to call from any goroutine.
func (s *Server) ListenWith(o ListenOptions, address string) (net.Addr, error) {
	return s.listen(&o, func(r *reactor.Reactor) (*reactor.Listener, error) {
		network, addr := "tcp", address
		if path, ok := strings.CutPrefix(address, "unix/:"); ok {
			network, addr = "unix", path
		}
		return r.Listen(network, addr, o.Socket, s.acceptor(&o))
	})
}

// ListenFile is ListenWith on a socket that listens already: one that was
// inherited, or that of another listener:
//
//	f, err := tcpListener.File()
//	addr, err := srv.ListenFile(box.ListenOptions{}, f)
//
// It works on a duplicate of f's descriptor, so that f stays the caller's, to
// close at any time. See reactor.Reactor.ListenFile for what ListenOptions.Socket
// may have then. Safe to call from any goroutine.
func (s *Server) ListenFile(o ListenOptions, f *os.File) (net.Addr, error) {
	return s.listen(&o, func(r *reactor.Reactor) (*reactor.Listener, error) {
		return r.ListenFile(f, o.Socket, s.acceptor(&o))
	})
}

// Addrs returns the addresses that the server listens on, in the order in which
// that began; none once it is being shut down. Safe to call from any goroutine.
func (s *Server) Addrs() (addrs []net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	for _, ln := range s.listeners {
		addrs = append(addrs, ln.Addr())
	}
	return addrs
}

// listen checks the options and takes note of the listener that open opens.
func (s *Server) listen(o *ListenOptions, open func(r *reactor.Reactor) (*reactor.Listener, error)) (net.Addr, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r, err := s.reactor()
	if err != nil {
		return nil, err
	}
	ln, err := open(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		_ = ln.Close()
		return nil, net.ErrClosed
	}
	s.listeners = append(s.listeners, ln)
	return ln.Addr(), nil
}

// acceptor returns what the loop calls for each connection.
func (s *Server) acceptor(o *ListenOptions) func(c *reactor.Conn) reactor.Handler {
	if o.TLS == nil {
		return func(c *reactor.Conn) reactor.Handler { return s.newSession(c) }
	}
	config, timeout := o.TLS, o.HandshakeTimeout
	return func(c *reactor.Conn) reactor.Handler { return newTLSWire(s, c, config, timeout) }
}
