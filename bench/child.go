package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A child is a server in a process of its own: this program with -serve. It
// ends when its stdin does, so it never outlives us.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	addr   string
	kind   kind
}

// startChild returns when the server listens. What goes wrong there it tells on
// our stderr.
func startChild(k kind, cfg *config) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{kind: k, cmd: exec.Command(self, "-serve", string(k), "-control", "-mode", cfg.mode,
		"-loops", strconv.Itoa(cfg.loops), "-cpuprofile", cfg.serverProf)}
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdout = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := c.greet(); err != nil {
		c.stop()
		return nil, fmt.Errorf("starting the server %s: %w", k, err)
	}
	return c, nil
}

// greet reads the first line of a server, see serve.
func (c *child) greet() error {
	line, err := c.stdout.ReadString('\n')
	if err != nil {
		return fmt.Errorf("it did not tell where it listens: %w", err)
	}
	if _, err := fmt.Sscanf(line, "listening on %s (", &c.addr); err != nil {
		return fmt.Errorf("it said %q", line)
	}
	return nil
}

// cpu asks for the processor time the server has used so far.
func (c *child) cpu() (time.Duration, error) {
	micros, err := c.ask("cpu")
	return time.Duration(micros) * time.Microsecond, err
}

// ask sends a command and returns the number that answers it.
func (c *child) ask(command string) (int64, error) {
	if _, err := fmt.Fprintln(c.stdin, command); err != nil {
		return 0, fmt.Errorf("asking the server %s: %w", c.kind, err)
	}
	line, err := c.stdout.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("asking the server %s for %s: %w", c.kind, command, err)
	}
	number, ok := strings.CutPrefix(strings.TrimSpace(line), command+" ")
	if !ok {
		return 0, fmt.Errorf("asked for %s, the server %s said %q", command, c.kind, line)
	}
	return strconv.ParseInt(number, 10, 64)
}

// stop ends the server and waits for it. One that takes too long is killed.
func (c *child) stop() {
	c.stdin.Close()
	timer := time.AfterFunc(2*grace, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	_ = c.cmd.Wait() // it has no news for us any more
}
