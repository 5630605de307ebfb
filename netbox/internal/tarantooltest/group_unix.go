//go:build unix

package tarantooltest

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the head of a process group, so that its children can be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// What freezes a process and lets it go on.
const sigFreeze, sigThaw = syscall.SIGSTOP, syscall.SIGCONT

// signalGroup signals the process and its children. A group that has ended is no error.
func signalGroup(cmd *exec.Cmd, sig syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, sig) }
