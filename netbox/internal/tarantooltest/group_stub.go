//go:build !unix

package tarantooltest

import (
	"os/exec"
	"syscall"
)

// ownGroup does nothing: there are no process groups here, and no Tarantool.
func ownGroup(*exec.Cmd) {}

// sigFreeze and sigThaw are no more than names here.
const sigFreeze, sigThaw = syscall.SIGKILL, syscall.SIGKILL

// signalGroup kills the process whatever the signal.
func signalGroup(cmd *exec.Cmd, _ syscall.Signal) { _ = cmd.Process.Kill() }
