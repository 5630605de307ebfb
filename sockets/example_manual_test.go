package sockets_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// The examples of the manual of Tarantool's socket module.

// A TCP socket: a HEAD request to a web server, of which the beginning of the
// answer is read. The server is net/http's, on a Listener.
func ExampleConnect() {
	ln, err := sockets.Listen("127.0.0.1", "0")
	if err != nil {
		fmt.Println(err)
		return
	}
	web := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = web.Serve(ln) }()
	defer func() { _ = web.Close() }()
	name, _ := ln.Socket().Name()

	sock, err := sockets.Connect(name.Host(), name.Service(), 5*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sock.LastError())
	fmt.Println(sock.Send([]byte("HEAD / HTTP/1.0\r\nHost: tarantool.org\r\n\r\n")))
	got, err := sock.ReadN(17, 5*time.Second)
	fmt.Printf("%s %v\n", got, err)
	fmt.Println(sock.Close())
	// Output:
	// <nil>
	// 40 <nil>
	// HTTP/1.0 404 Not  <nil>
	// <nil>
}

// Two sockets for datagrams: one sends to the other.
func ExampleNew_datagrams() {
	sock1, err := sockets.NewNamed("AF_INET", "SOCK_DGRAM", "udp")
	if err != nil {
		fmt.Println(err)
		return
	}
	sock2, err := sockets.New(sockets.FamilyInet, sockets.Datagram, sockets.ProtocolUDP)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sock1.Bind("127.0.0.1", ""))
	name, err := sock1.Name()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sock2.SendTo("127.0.0.1", name.Service(), []byte("X")))
	message, err := sock1.RecvFromWait(5*time.Second, 512)
	fmt.Printf("%s %v, from %s\n", message.Data, err, message.From.Host())
	fmt.Println(sock1.Close(), sock2.Close())
	// Output:
	// <nil>
	// 1 <nil>
	// X <nil>, from 127.0.0.1
	// <nil> <nil>
}

// A server that prints the lines it is sent. What sends them here is a file
// that is copied into a socket; on the command line it could be
//
//	socat TCP:localhost:3302 ./tmp.txt
func ExampleServer_lines() {
	done := make(chan bool)
	srv := &sockets.Server{
		Handler: func(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
			defer close(done)
			for {
				request, err := s.ReadUntil(sockets.Forever, "\n")
				if err != nil {
					return
				}
				fmt.Print(string(request))
			}
		},
		Prepare: func(*sockets.Socket) (backlog int, err error) {
			fmt.Println("Initialized")
			return 0, nil
		},
	}
	if err := srv.Start(context.Background(), "127.0.0.1", "0"); err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = srv.Shutdown(context.Background()) }()

	file, err := os.CreateTemp("", "tmp")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	_, _ = file.WriteString("A\nB\nC\n")
	_, _ = file.Seek(0, 0)
	client, err := sockets.Connect("127.0.0.1", srv.Addr().Service(), 5*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = client.ReadFrom(file)
	_ = client.Close()
	<-done
	// Output:
	// Initialized
	// A
	// B
	// C
}

// A server that is prepared, and tells who connects.
func ExampleServer_prepare() {
	srv := &sockets.Server{
		Prepare: func(sock *sockets.Socket) (backlog int, err error) {
			fmt.Println("listening on a socket:", sock.FD() >= 0)
			return 5, sock.SetOption("SOL_SOCKET", "SO_REUSEADDR", true)
		},
		Handler: func(_ context.Context, _ *sockets.Socket, from sockets.Addr) {
			fmt.Println("accepted connection from:")
			fmt.Println("  host:", from.Host())
			fmt.Println("  family:", from.Family)
			fmt.Println("  port:", from.Port > 0)
		},
	}
	if err := srv.Start(context.Background(), "127.0.0.1", "0"); err != nil {
		fmt.Println(err)
		return
	}
	client, err := sockets.Connect("127.0.0.1", srv.Addr().Service(), 5*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = client.ReadN(1, 5*time.Second) // the handler returns, the connection ends
	_ = client.Close()
	_ = srv.Shutdown(context.Background())
	// Output:
	// listening on a socket: true
	// accepted connection from:
	//   host: 127.0.0.1
	//   family: AF_INET
	//   port: true
}

// Waiting for a descriptor of any kind.
func ExampleIOWait() {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	defer w.Close()
	ev, _ := sockets.ParseEvents("r")
	got, err := sockets.IOWait(int(r.Fd()), ev, 10*time.Millisecond)
	fmt.Printf("%q %v\n", got, err)
	_, _ = w.WriteString("x")
	got, err = sockets.IOWait(int(r.Fd()), ev, 5*time.Second)
	fmt.Printf("%q %v\n", got, err)
	// Output:
	// "" <nil>
	// "R" <nil>
}

// A body of known length is read line by line: a limit and a delimiter.
func ExampleSocket_ReadOpts() {
	a, b, err := sockets.Pair(sockets.FamilyUnix, sockets.Stream, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	defer b.Close()
	const body = "a 10\nb 15\nabc"
	_, _ = a.Write([]byte(body + " and what comes after"))
	for left := len(body); left > 0; {
		line, which, err := b.ReadOpts(sockets.ReadOptions{Limit: sockets.AtMost(left), Delims: []string{"\n"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		left -= len(line)
		fmt.Printf("%q %v\n", line, which == 0)
	}
	// Output:
	// "a 10\n" true
	// "b 15\n" true
	// "abc" false
}

// The calls of a handle stop waiting when its context is done.
func ExampleSocket_WithContext() {
	a, b, err := sockets.Pair(sockets.FamilyUnix, sockets.Stream, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	defer b.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, _ = a.Write([]byte(strings.Repeat("x", 5)))
	_, err = b.WithContext(ctx).ReadUntil(sockets.Forever, "\n")
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, sockets.ErrTimeout), b.Buffered())
	// Output: true true 5
}
