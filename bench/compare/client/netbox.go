//go:build linux

package client

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"

	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/tarantool"
	"github.com/kharon-net/kharon/bench/compare/usage"
)

// netBox is net.box, the client inside Tarantool: a Lua script, with a fiber for each caller.
var netBox = &Library{Name: "net.box", connect: func(addr string, s Shape) (runner, error) {
	cmd, err := tarantool.Command(netBoxScript, addr, string(s.Op), strconv.Itoa(s.Callers), strconv.FormatBool(s.Async))
	if err != nil {
		return nil, err
	}
	return startLua(cmd)
}}

//go:embed netbox.lua
var netBoxScript string

// lua is a script that is told durations, a line each, and answers with a line of JSON.
type lua struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startLua(cmd *exec.Cmd) (*lua, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l := &lua{cmd, in, bufio.NewReader(out)}
	if err := tarantool.Start(cmd); err != nil {
		return nil, err
	}
	if line, err := l.out.ReadString('\n'); err != nil {
		l.close()
		return nil, fmt.Errorf("the script did not connect: %q, %w", line, err)
	}
	return l, nil
}

func (l *lua) run(d time.Duration) (r load.Result, err error) {
	var said struct {
		Ops  int64   `json:"ops"`
		Wall float64 `json:"wall"`
	}
	before, err := usage.Of(l.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	if _, err := fmt.Fprintln(l.in, d.Seconds()); err != nil {
		return r, err
	}
	line, err := l.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("asking the script: %w", err)
	}
	after, err := usage.Of(l.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return r, fmt.Errorf("the script said %q: %w", line, err)
	}
	peak, err := usage.Peak(l.cmd.Process.Pid)
	return load.Result{Ops: said.Ops, Wall: time.Duration(said.Wall * 1e9), CPU: after.Minus(before), Peak: peak}, err
}

// close ends the script, whose stdin ends.
func (l *lua) close() {
	l.in.Close()
	_ = l.cmd.Wait()
}
