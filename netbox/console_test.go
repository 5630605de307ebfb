package netbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// console connects for the time of the test.
func console(t *testing.T, addr string, opts ConsoleOptions) *Console {
	t.Helper()
	c, err := ConnectConsole(patience(t), addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// consoles starts a Tarantool with two consoles and returns their addresses.
func consoles(t *testing.T) (srv *tarantooltest.Server, tcp, unix string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "console") // the paths of sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	unix = "unix/:" + filepath.Join(dir, "c")
	srv = tarantooltest.Start(t, tarantooltest.Options{Script: `
		local console = require('console')
		console.listen('` + unix + `')
		local port = console.listen('127.0.0.1:0'):name().port
		function console_port() return port end
	`})
	r, err := connect(t, srv.Addr, Options{}).Call(patience(t), "console_port")
	if err != nil {
		t.Fatal(err)
	}
	return srv, fmt.Sprintf("127.0.0.1:%d", r.Int(0)), unix
}

func TestConsoleOfTarantool(t *testing.T) {
	_, tcp, unix := consoles(t)
	for _, addr := range []string{tcp, unix} {
		network, _, _ := parseAddress(addr)
		t.Run(network, func(t *testing.T) {
			c := console(t, addr, ConsoleOptions{})
			if !strings.HasPrefix(c.Version(), "2.") && !strings.HasPrefix(c.Version(), "3.") || c.Peer() != addr {
				t.Errorf("version %q of %q", c.Version(), c.Peer())
			}
			for text, want := range map[string]string{
				"1 + 1":              "---\n- 2\n...\n",
				"":                   "---\n...\n",
				"return box.NULL, 2": "---\n- null\n- 2\n...\n",
				"function f(x)\n\treturn 2 * x\nend\nreturn f(21)": "---\n- 42\n...\n",
				"return 'a\\n...\\nb'":                             "---\n- 'a\n\n  ...\n\n  b'\n...\n",
				"return '$EOF'":                                    "---\n- $EOF\n...\n",
				"error('x', 0)":                                    "---\n- error: x\n...\n",
				"require('fiber').sleep(0.01)":                     "---\n...\n",
				"box.session.push(1)":                              "---\n- true\n...\n",
				`\set language lua`:                                "---\n- true\n...\n",
				"return 1\n":                                       "---\n- 1\n...\n",
			} {
				if got, err := c.Eval(patience(t), text); err != nil || got != want {
					t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
				}
			}
			big, err := c.Eval(patience(t), "return ('x'):rep(1000000)")
			if err != nil || strings.Count(big, "x") != 1_000_000 || !strings.HasSuffix(big, consoleEnd) {
				t.Errorf("%d bytes, %v", len(big), err)
			}
		})
	}
}

func TestConsoleByWayOfTheBinaryProtocol(t *testing.T) {
	srv, _, _ := consoles(t)
	c := console(t, "alice:secret@"+srv.Addr, ConsoleOptions{})
	for text, want := range map[string]string{
		"1 + 1":              "---\n- 2\n...\n",
		"":                   "---\n...\n",
		"box.session.user()": "---\n- alice\n...\n",
		"error('x', 0)":      "---\n- error: x\n...\n",
		"function f(x)\n\treturn 2 * x\nend\nreturn f(21)": "---\n- 42\n...\n",
	} {
		if got, err := c.Eval(patience(t), text); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
	if !c.IsConnected() || c.Version() == "" || c.Peer() != srv.Addr {
		t.Errorf("%v %q %q", c.IsConnected(), c.Version(), c.Peer())
	}
	if _, err := ConnectConsole(patience(t), "alice:wrong@"+srv.Addr, ConsoleOptions{}); !errors.As(err, new(*Error)) || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("C29: got %v", err)
	}
	srv.Kill()
	<-c.Done()
	if _, err := c.Eval(patience(t), "1"); !errors.Is(err, ErrNotSent) || c.IsConnected() || c.Err() == nil {
		t.Errorf("got %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestConsolePushes(t *testing.T) {
	_, tcp, _ := consoles(t)
	var mu sync.Mutex
	var pushed []string
	c := console(t, tcp, ConsoleOptions{OnPush: func(yaml string) {
		mu.Lock()
		defer mu.Unlock()
		pushed = append(pushed, yaml)
	}})
	if got, err := c.Eval(patience(t), "push_n(3)"); err != nil || got != "---\n- 3\n...\n" {
		t.Errorf("got %q, %v", got, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(pushed) != 3 || !strings.HasPrefix(pushed[2], "%TAG !push! tag:tarantool.io/push,2018\n") || !strings.HasSuffix(pushed[2], "- 3\n...\n") {
		t.Errorf("pushed %q", pushed)
	}
}

func TestConsoleServesManyAtOnce(t *testing.T) {
	_, _, unix := consoles(t)
	c := console(t, unix, ConsoleOptions{})
	ctx, cancel := context.WithCancel(patience(t))
	cancel()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if _, err := c.Eval(ctx, "return 'of no interest'"); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("C104: got %v", err)
				}
				want := fmt.Sprintf("---\n- %d\n...\n", 1000*g+i)
				if got, err := c.Eval(patience(t), fmt.Sprint(1000*g+i)); err != nil || got != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestConsoleInAFiber(t *testing.T) {
	_, _, unix := consoles(t)
	r, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Go(context.Background(), func(ctx context.Context) {
		c, err := ConnectConsole(ctx, unix, ConsoleOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		if got, err := c.Eval(ctx, "6 * 7"); err != nil || got != "---\n- 42\n...\n" {
			t.Errorf("got %q, %v", got, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestConsoleEnds(t *testing.T) {
	srv, tcp, unix := consoles(t)
	quits := console(t, tcp, ConsoleOptions{})
	var lost *ConnError
	if _, err := quits.Eval(patience(t), `\quit`); !errors.As(err, &lost) || !lost.Sent || !errors.Is(err, io.EOF) {
		t.Errorf("quit: got %v", err)
	}
	<-quits.Done()
	if _, err := quits.Eval(patience(t), "1"); !SafeToRetry(err) || !errors.Is(quits.Err(), io.EOF) {
		t.Errorf("after quit: got %v, %v", err, quits.Err())
	}
	closed, killed := console(t, unix, ConsoleOptions{}), console(t, unix, ConsoleOptions{})
	failures := make(chan error, 2)
	for _, c := range []*Console{closed, killed} {
		go func() {
			_, err := c.Eval(patience(t), "require('fiber').sleep(1000)")
			failures <- err
		}()
		text := c.protocol.(*textConsole)
		reactortest.Eventually(t, func() bool {
			text.mu.Lock()
			defer text.mu.Unlock()
			return len(text.pending) == 1 && text.wire.Queued() == 0
		}, "the line to leave")
	}
	if err := closed.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failures; !errors.Is(err, ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	if err := closed.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("C40: got %v", err)
	}
	if _, err := closed.Eval(patience(t), "1"); !errors.Is(err, ErrClosed) || !errors.Is(err, ErrNotSent) {
		t.Errorf("C42: got %v", err)
	}
	srv.Kill()
	if err := <-failures; !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("C173: got %v", err)
	}
	if _, err := ConnectConsole(patience(t), tcp, ConsoleOptions{}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("C38: got %v", err)
	}
}

func TestConsoleRefusesWhatMakesAnswersUnclear(t *testing.T) {
	_, tcp, _ := consoles(t)
	c := console(t, tcp, ConsoleOptions{})
	for _, text := range []string{`\set output lua`, `\set delimiter ;`, ` \s o lua`, "1 $EOF$\n2"} {
		if _, err := c.Eval(patience(t), text); !errors.Is(err, ErrConsoleText) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if got, err := c.Eval(patience(t), "1"); err != nil || got != "---\n- 1\n...\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// consoleGreeting is that of a console.
func consoleGreeting(version string) string {
	return fmt.Sprintf("%-63s\n%-63s\n", "Tarantool "+version+" (Lua console)", "type 'help' for interactive help")
}

func TestConsoleOnWrongServers(t *testing.T) {
	const settled = "---\n...\n"
	for name, tt := range map[string]struct {
		sent string // instead of what a console sends
		want func(err error) bool
	}{
		"C3 another protocol": {strings.Replace(string(greeting()), "Binary", "Rowing", 1), func(err error) bool {
			var e *iproto.ProtocolError
			return errors.As(err, &e) && e.Protocol == "Rowing"
		}},
		"C2 gibberish":        {strings.Repeat("x", 128), func(err error) bool { var e *iproto.GreetingError; return errors.As(err, &e) }},
		"C2 no end of line":   {strings.Repeat(" ", 128), func(err error) bool { var e *iproto.GreetingError; return errors.As(err, &e) }},
		"C5 half a greeting":  {consoleGreeting("2.6.0")[:60], func(err error) bool { return errors.Is(err, io.EOF) }},
		"C5 no answer":        {consoleGreeting("2.6.0"), func(err error) bool { return errors.Is(err, ErrMaybeExecuted) }},
		"no delimiter":        {consoleGreeting("2.6.0") + "---\n- error: no\n...\n", func(err error) bool { return strings.Contains(err.Error(), "error: no") }},
		"C16 no YAML":         {consoleGreeting("2.6.0") + "HTTP/1.1\n...\n", isFrameError},
		"an answer too many":  {consoleGreeting("2.6.0") + settled + settled, isFrameError},
		"too long an answer":  {consoleGreeting("2.6.0") + settled + "---\n" + strings.Repeat("x", 4096), func(err error) bool { return errors.Is(err, codec.ErrTooLong) }},
		"an endless document": {consoleGreeting("2.6.0") + strings.Repeat("x", 1<<20), func(err error) bool { return errors.Is(err, codec.ErrTooLong) }},
	} {
		t.Run(name, func(t *testing.T) {
			addr := play(t, func(s *script) {
				head := min(128, len(tt.sent))
				io.WriteString(s, tt.sent[:head])
				if strings.HasPrefix(tt.sent, "Tarantool 2") && head == 128 {
					s.Read(make([]byte, 256)) // the delimiter
				}
				io.WriteString(s, tt.sent[head:])
				s.CloseWrite()
				s.waitEOF()
			})
			c, err := ConnectConsole(patience(t), addr, ConsoleOptions{MaxAnswer: 1024})
			if err == nil {
				defer c.Close()
				<-c.Done()
				err = c.Err()
			}
			if !tt.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func isFrameError(err error) bool { var e *FrameError; return errors.As(err, &e) }

func TestConsoleBounds(t *testing.T) {
	silent := play(t, func(s *script) { s.waitEOF() })
	if _, err := ConnectConsole(patience(t), silent, ConsoleOptions{ConnectTimeout: time.Millisecond}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("C39: got %v", err)
	}
	mute := play(t, func(s *script) {
		io.WriteString(s, consoleGreeting("3.3.0"))
		s.Read(make([]byte, 256))
		io.WriteString(s, "---\n...\n")
		s.waitEOF()
	})
	c := console(t, mute, ConsoleOptions{MaxPending: 3})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 3 {
		if _, err := c.Eval(ctx, "1"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := c.Eval(patience(t), "1"); !errors.Is(err, ErrQueueFull) || !SafeToRetry(err) {
		t.Errorf("got %v", err)
	}
	for _, o := range []ConsoleOptions{{ConnectTimeout: -1}, {MaxAnswer: -1}, {MaxPending: -1}} {
		if _, err := ConnectConsole(patience(t), mute, o); err == nil || !strings.Contains(err.Error(), "ConsoleOptions") {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	if _, err := ConnectConsole(patience(t), "", ConsoleOptions{}); err == nil {
		t.Error("no address, no error")
	}
}

func TestConsoleUnderstandsAnswersInPieces(t *testing.T) {
	all := consoleGreeting("2.6.0") + "---\n...\n" + "%TAG !push! tag:tarantool.io/push,2018\n---\n- 1\n...\n" + "---\n- 'a\n\n  ...\n\n  b'\n...\n"
	var pushes int
	addr := play(t, func(s *script) {
		line := make([]byte, 256)
		for i := range len(all) {
			if i == 128 || i == 128+len("---\n...\n") {
				s.Read(line) // what it answers
			}
			s.Write([]byte{all[i]})
			time.Sleep(time.Microsecond) // so that pieces are likely to arrive one by one
		}
		s.waitEOF()
	})
	c := console(t, addr, ConsoleOptions{OnPush: func(string) { pushes++ }})
	got, err := c.Eval(patience(t), "x")
	if err != nil || got != "---\n- 'a\n\n  ...\n\n  b'\n...\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if pushes != 1 {
		t.Errorf("%d pushes", pushes)
	}
}
