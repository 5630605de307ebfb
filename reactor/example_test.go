package reactor_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// upper answers in capital letters.
type upper struct{}

func (upper) OnData(c *reactor.Conn, p []byte) int {
	_, _ = c.Write(bytes.ToUpper(p))
	return len(p)
}

func (upper) OnClose(*reactor.Conn, error) {}

// greeter says hello and hands on what comes back.
type greeter struct {
	answers chan string
}

func (g greeter) OnOpen(c *reactor.Conn) { _, _ = c.Write([]byte("hello")) }

func (g greeter) OnData(_ *reactor.Conn, p []byte) int {
	if len(p) < len("hello") {
		return 0 // the rest is still to come
	}
	g.answers <- string(p)
	return len(p)
}

func (g greeter) OnClose(*reactor.Conn, error) {}

// A server with a limit, and a client that gives up after ten seconds.
func ExampleDialer() {
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	limits := reactor.ListenConfig{MaxConns: 1000, Placement: reactor.LeastConns}
	ln, err := r.Listen("tcp", "127.0.0.1:0", limits, func(*reactor.Conn) reactor.Handler { return upper{} })
	if err != nil {
		fmt.Println(err)
		return
	}

	g := greeter{make(chan string, 1)}
	d := reactor.Dialer{Reactor: r, Timeout: 10 * time.Second}
	if _, err := d.Dial(context.Background(), "tcp", ln.Addr().String(), g); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-g.answers)
	// Output: HELLO
}
