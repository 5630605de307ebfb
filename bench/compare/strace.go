//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// calls are system calls per message, by name.
type calls map[string]float64

// haveStrace tells whether system calls can be counted.
func haveStrace() bool {
	_, err := exec.LookPath("strace")
	return err == nil
}

// countCalls runs a pair once more with strace on the server.
func countCalls(p pair, d time.Duration) (calls, error) {
	c, err := stage(p)
	if err != nil {
		return nil, err
	}
	defer c.end()
	if _, err := c.load(d / 10); err != nil {
		return nil, err
	}
	summary, err := os.CreateTemp("", "compare-strace-*")
	if err != nil {
		return nil, err
	}
	summary.Close()
	defer func() { _ = os.Remove(summary.Name()) }()
	var pid int
	if err := c.server.ask("process", &pid); err != nil {
		return nil, err
	}
	stop, err := attach(pid, summary.Name())
	if err != nil {
		return nil, err
	}
	r, err := c.load(d)
	if stopped := stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(summary.Name())
	if err != nil {
		return nil, err
	}
	return parseCalls(text, r.Ops), nil
}

// attach starts strace on all threads of a process and returns when it counts.
func attach(pid int, file string) (stop func() error, err error) {
	cmd := exec.Command("strace", "-f", "-c", "-o", file, "-p", strconv.Itoa(pid))
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(said)
	for attached := false; !attached && lines.Scan(); {
		attached = strings.Contains(lines.Text(), "attached")
		if strings.Contains(lines.Text(), "not permitted") {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return nil, fmt.Errorf("strace: %s", lines.Text())
		}
	}
	return func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		for lines.Scan() { // until it has ended
		}
		_ = cmd.Wait() // it repeats our signal
		return nil
	}, nil
}

// parseCalls reads the table of strace -c: the fourth column counts, the last
// one names.
func parseCalls(text []byte, ops int64) calls {
	c := calls{}
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if n, err := strconv.ParseFloat(f[3], 64); err == nil {
			c[f[len(f)-1]] += n / float64(ops)
		}
	}
	return c
}

// String lists those that matter, the most frequent first: not nanosleep, with
// which a thread of Go's runtime watches the others, slowed down or not.
func (c calls) String() string {
	names := make([]string, 0, len(c))
	for name, n := range c {
		if n >= 0.005 && name != "nanosleep" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if c[a] != c[b] {
			return int(1e6*c[b]) - int(1e6*c[a])
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %.2f", name, c[name])
	}
	return strings.Join(names, ", ")
}
