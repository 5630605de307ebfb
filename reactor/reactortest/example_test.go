//go:build unix

package reactortest_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// shout is a handler that answers lines in upper case, and hangs up after a minute of silence.
type shout struct {
	idle *reactor.Timer
}

func newShout(*reactor.Conn) reactor.Handler { return &shout{} }

func (s *shout) OnOpen(c *reactor.Conn) {
	s.idle = c.Loop().AfterFunc(time.Minute, func() { _ = c.Close() })
}

func (s *shout) OnData(c *reactor.Conn, p []byte) int {
	s.idle.Reset(time.Minute)
	n := bytes.LastIndexByte(p, '\n') + 1
	_, _ = c.Write(bytes.ToUpper(p[:n]))
	return n
}

func (s *shout) OnClose(*reactor.Conn, error) { s.idle.Stop() }

// In a test t is what the test was given.
func ExampleNewLoop() {
	t := &exampleT{}
	defer t.cleanUp()

	l := reactortest.NewLoop(t, reactor.Config{})
	s := l.Connect(newShout)
	_, _ = s.Write([]byte("hello\nwor"))
	l.RunUntilIdle()
	fmt.Printf("%q\n", s.Next())

	_, _ = s.Write([]byte("ld\n"))
	l.Advance(59 * time.Second)
	fmt.Printf("%q, ended: %v\n", s.Next(), s.Ended())

	l.Advance(time.Minute)
	fmt.Printf("ended: %v\n", s.Ended())
	// Output:
	// "HELLO\n"
	// "WORLD\n", ended: <nil>
	// ended: EOF
}

func ExampleTestHandler() {
	// In a file of tests this is func TestShout(t *testing.T).
	testShout := func(t *testing.T) {
		reactortest.TestHandler(t, newShout,
			reactortest.Case{Name: "lines", Input: []byte("one\ntwo\n"), Output: []byte("ONE\nTWO\n")},
			reactortest.Case{Name: "the rest of a line", Input: []byte("one\ntw"), Output: []byte("ONE\n")},
			reactortest.Case{Name: "whatever it answers", Input: bytes.Repeat([]byte("many\n"), 1000)},
		)
	}
	_ = testShout
	// Output:
}

// exampleT stands for the testing.T that an example does not have.
type exampleT struct {
	testing.TB
	last []func()
}

func (*exampleT) Helper()            {}
func (t *exampleT) Cleanup(f func()) { t.last = append(t.last, f) }
func (*exampleT) Fatal(args ...any)  { panic(fmt.Sprint(args...)) }

func (t *exampleT) cleanUp() {
	for i := len(t.last) - 1; i >= 0; i-- {
		t.last[i]()
	}
}
