package sockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// A server that answers each line with the line.
func ExampleTCPServer() {
	srv, err := sockets.TCPServer("127.0.0.1", "0", func(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
		for {
			line, err := s.ReadUntil(sockets.Forever, "\n")
			if err != nil {
				return
			}
			if _, err := s.Write(line); err != nil {
				return
			}
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = srv.Shutdown(context.Background()) }()

	_, port, _ := net.SplitHostPort(srv.Addr().String())
	c, err := sockets.Connect("127.0.0.1", port, time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte("hello\n"))
	line, err := c.ReadUntil(time.Second, "\n")
	fmt.Printf("%q %v\n", line, err)
	// Output: "hello\n" <nil>
}

// A server with options of its own.
func ExampleServer() {
	srv := &sockets.Server{
		Prepare: func(s *sockets.Socket) (backlog int, err error) {
			fmt.Println("not bound yet:", s.FD() >= 0)
			return 5, nil
		},
		Handler: func(_ context.Context, s *sockets.Socket, from sockets.Addr) {
			fmt.Println("accepted from", from.IP, from.Family)
		},
	}
	if err := srv.Start(context.Background(), "127.0.0.1", "0"); err != nil {
		fmt.Println(err)
		return
	}
	c, err := net.Dial("tcp", srv.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Read(make([]byte, 1)) // the handler returns, the connection ends
	_ = srv.Shutdown(context.Background())
	// Output:
	// not bound yet: true
	// accepted from 127.0.0.1 AF_INET
}

// What has come before a timeout is not lost.
func ExampleSocket_ReadN() {
	srv, err := sockets.TCPServer("127.0.0.1", "0", func(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
		_, _ = s.Write([]byte("abc"))
		_, _ = s.ReadUntil(sockets.Forever, "\n")
		_, _ = s.Write([]byte("de"))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = srv.Shutdown(context.Background()) }()
	_, port, _ := net.SplitHostPort(srv.Addr().String())
	c, err := sockets.Connect("127.0.0.1", port, time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()

	got, err := c.ReadN(5, 100*time.Millisecond)
	fmt.Printf("%q %v, %d wait\n", got, errors.Is(err, sockets.ErrTimeout), c.Buffered())
	_, _ = c.Write([]byte("go on\n"))
	got, err = c.ReadN(5, time.Second)
	fmt.Printf("%q %v\n", got, err)
	// Output:
	// "" true, 3 wait
	// "abcde" <nil>
}
