package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// process starts the program as a process, with nothing on stdin, and returns
// where it listens.
func process(t *testing.T, args ...string) (cmd *exec.Cmd, line, addr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^listening on (127\.0\.0\.1:[1-9][0-9]*) \([a-z]+, [a-z]+\)\n$`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("the first line is %q", line)
	}
	return cmd, line, m[1]
}

func TestServeTellsWhereAndEndsWithASignal(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
		sig  syscall.Signal
	}{
		{[]string{"-serve", "box"}, "(box, inline)", syscall.SIGTERM},
		{[]string{"-serve", "box", "-mode", "goroutine"}, "(box, goroutine)", syscall.SIGINT},
		{[]string{"-serve", "echo"}, "(echo, inline)", syscall.SIGTERM},
		{[]string{"-serve", "line", "-listen", "127.0.0.1:0"}, "(line, goroutine)", syscall.SIGINT},
		{[]string{"-serve", "udp", "-listen", "127.0.0.1:0"}, "(udp, inline)", syscall.SIGTERM},
	} {
		cmd, line, addr := process(t, tt.args...)
		if !strings.Contains(line, tt.want) {
			t.Errorf("%q: %q, want %q", tt.args, line, tt.want)
		}
		network := "tcp"
		if slices.Contains(tt.args, "udp") {
			network = "udp"
		}
		client, err := net.Dial(network, addr) // it does not delay the end
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		_ = cmd.Process.Signal(tt.sig)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%q: %v", tt.args, err)
		}
	}
}

func TestBytesComeBack(t *testing.T) {
	for _, k := range []string{"echo", "line"} {
		_, _, addr := process(t, "-serve", k)
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
		sent := strings.Repeat(strings.Repeat("x", 1000)+"\n", 20_000) // more than the kernel holds
		go func() { _, _ = io.WriteString(c, sent) }()
		got := make([]byte, len(sent))
		if n, err := io.ReadFull(c, got); err != nil || string(got) != sent {
			t.Errorf("%s: %d of %d bytes came back: %v", k, n, len(sent), err)
		}
	}
}

func TestDatagramsComeBack(t *testing.T) {
	_, _, addr := process(t, "-serve", "udp")
	c, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	buf := make([]byte, 65535)
	for _, sent := range []string{"", "hello", strings.Repeat("x", 60_000)} {
		_, _ = io.WriteString(c, sent)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != sent {
			t.Errorf("%d of %d bytes came back: %v", n, len(sent), err)
		}
	}
}

func TestFunctionsOfTheBox(t *testing.T) {
	for _, mode := range []string{"inline", "goroutine"} {
		t.Run(mode, func(t *testing.T) {
			_, _, addr := process(t, "-serve", "box", "-mode", mode)
			ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
			defer cancel()
			conn, err := netbox.Connect(ctx, addr, netbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if r, err := conn.Call(ctx, "echo", 1, "two"); err != nil || r.Int(0) != 1 || r.String(1) != "two" {
				t.Errorf("echo: %v, %v", r, err)
			}
			if r, err := conn.Call(ctx, "nop"); err != nil || r.Len() != 0 {
				t.Errorf("nop: %v, %v", r, err)
			}
			if r, err := conn.Call(ctx, "sleep", 0.001); err != nil || r.Float(0) != 0.001 {
				t.Errorf("sleep: %v, %v", r, err)
			}
			if _, err := conn.Call(ctx, "fail", "on purpose"); err == nil || !strings.Contains(err.Error(), "on purpose") {
				t.Errorf("fail: %v", err)
			}
			for _, name := range []string{"push_n", "sleep", "fail"} {
				if _, err := conn.Call(ctx, name); err == nil {
					t.Errorf("%s: no error without an argument", name)
				}
			}
			p := pushed{conn: conn, n: 3}
			if err := p.call(); err != nil {
				t.Errorf("push_n: %v", err)
			}
		})
	}
}

func TestSleepEndsWithTheServer(t *testing.T) {
	cmd, _, addr := process(t, "-serve", "box")
	conn, err := netbox.Connect(t.Context(), addr, netbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f := conn.Send(netbox.Call("sleep", 3600))
	if err := conn.Ping(t.Context()); err != nil { // the call has come, too
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := f.Wait(t.Context()); err == nil {
		t.Error("the call was answered")
	}
}

func TestChildAnswersAndEndsWithItsParent(t *testing.T) {
	c, err := startChild(kindBox, &config{mode: "inline"})
	if err != nil {
		t.Fatal(err)
	}
	if used, err := c.cpu(); err != nil || used <= 0 {
		t.Errorf("cpu: %v, %v", used, err)
	}
	if heap, err := c.ask("heap"); err != nil || heap <= 0 {
		t.Errorf("heap: %v, %v", heap, err)
	}
	if _, err := c.ask("cake"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("cake: %v", err)
	}
	c.stop()
	if !c.cmd.ProcessState.Success() {
		t.Errorf("the child: %v", c.cmd.ProcessState)
	}
	if _, err := c.cpu(); err == nil {
		t.Error("a child that has ended answered")
	}
}
