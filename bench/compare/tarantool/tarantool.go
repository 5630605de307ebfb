//go:build linux

// Package tarantool runs a real Tarantool, as a server or as a client.
package tarantool

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// Missing tells why there is no Tarantool here; "" when there is one.
func Missing() string {
	if _, err := exec.LookPath("tarantool"); err != nil {
		return "no tarantool in PATH"
	}
	return ""
}

// Command is a process that runs a Lua script, whose arguments are args. It is to be started with Start.
func Command(script string, args ...string) (*exec.Cmd, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer w.Close()
		_, _ = io.WriteString(w, script) // a process that does not read it says so itself
	}()
	cmd := exec.Command("tarantool", append([]string{"/dev/fd/3"}, args...)...)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{r}, os.Stderr
	return cmd, nil
}

// Start starts a command that ends when this process does, however it ends: the kernel sees to it when the thread that
// started it ends, so that one is kept.
func Start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		for _, f := range cmd.ExtraFiles {
			f.Close()
		}
		started <- err
		select {}
	}()
	return <-started
}

//go:embed server.lua
var serverScript string

// Serve starts a server with the functions echo, push_n and push_all and the space test, all of it for guests. It lives as long as
// this process.
func Serve(listen string) (addr string, pid int, err error) {
	cmd, err := Command(serverScript, listen)
	if err != nil {
		return "", 0, err
	}
	if cmd.Dir, err = os.MkdirTemp("", "compare-tarantool-*"); err != nil {
		return "", 0, err
	}
	defer func() { _ = os.RemoveAll(cmd.Dir) }() // the snapshot it begins with is all that it writes
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, err
	}
	if err := Start(cmd); err != nil {
		return "", 0, err
	}
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", 0, fmt.Errorf("tarantool did not listen: %w", err)
	}
	return strings.TrimSpace(addr), cmd.Process.Pid, nil
}
