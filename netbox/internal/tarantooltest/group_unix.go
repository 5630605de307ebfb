//go:build unix

package tarantooltest

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the head of a process group, so that its children can be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals the process and its children. A group that has ended is no error.
func signalGroup(cmd *exec.Cmd, sig syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, sig) }
