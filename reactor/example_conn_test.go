package reactor_test

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/reactor"
)

// shouter is the handler of one connection: it answers each line in capitals.
type shouter struct {
	c     *reactor.Conn
	lines *codec.Line
}

func (s *shouter) OnOpen(c *reactor.Conn) { c.SetIdleTimeout(time.Minute) }

func (s *shouter) OnData(c *reactor.Conn, p []byte) int { return c.Frames(s.lines, p, false, s.answer) }

func (s *shouter) answer(line []byte) {
	_, _ = s.c.Writev(bytes.ToUpper(line), []byte("!\n"))
}

func (s *shouter) OnClose(*reactor.Conn, error) {}

// A server that cuts its input into lines, with a framer of package codec, and
// closes connections on which nothing happens for a minute.
func ExampleConn_Frames() {
	r, err := reactor.New(reactor.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	ln, err := r.Listen("tcp", "127.0.0.1:0", reactor.ListenConfig{}, func(c *reactor.Conn) reactor.Handler {
		lines, err := codec.NewLine(codec.LineOptions{Limit: 1 << 10})
		if err != nil {
			panic(err) // of the options
		}
		return &shouter{c, lines}
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Fprint(client, "charon\nover ")
	fmt.Fprint(client, "here\n")
	answers := bufio.NewScanner(client)
	for range 2 {
		answers.Scan()
		fmt.Println(answers.Text())
	}
	// Output:
	// CHARON!
	// OVER HERE!
}
