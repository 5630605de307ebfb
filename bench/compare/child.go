//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A child is this program in another process, as a server or as its client. It
// ends when its stdin does, so it never outlives us.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	said   string // its first line
}

// startChild returns when the child is ready, which it tells in its first line.
// It runs on the processor core, unless that is negative, and has GOMAXPROCS 1
// then. What goes wrong there it tells on our stderr.
func startChild(core int, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self, args...)}
	c.cmd.Env = append(os.Environ(), asChild)
	if core >= 0 {
		c.cmd.Env = append(c.cmd.Env, "GOMAXPROCS=1")
	}
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdout = bufio.NewReader(out)
	if err := onCore(core, c.cmd.Start); err != nil {
		return nil, err
	}
	if c.said, err = c.stdout.ReadString('\n'); err != nil {
		c.stop()
		return nil, fmt.Errorf("%s did not get ready: %w", strings.Join(args, " "), err)
	}
	c.said = strings.TrimSpace(c.said)
	return c, nil
}

// asChild is in the environment of children, for those that are test binaries.
const asChild = "KHARON_COMPARE_CHILD=1"

// ask sends a command and reads the answer into v.
func (c *child) ask(command string, v any) error {
	if _, err := fmt.Fprintln(c.stdin, command); err != nil {
		return fmt.Errorf("asking for %s: %w", command, err)
	}
	line, err := c.stdout.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("asking for %s: %w", command, err)
	}
	return json.Unmarshal(line, v)
}

// stop ends the child and waits for it. One that takes too long is killed.
func (c *child) stop() {
	c.stdin.Close()
	timer := time.AfterFunc(5*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	_ = c.cmd.Wait() // it has no news for us any more
}
