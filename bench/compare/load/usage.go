//go:build linux

package load

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is processor time.
type CPU struct{ User, System time.Duration }

// Minus returns what c has more than before.
func (c CPU) Minus(before CPU) CPU { return CPU{c.User - before.User, c.System - before.System} }

// Total is both together.
func (c CPU) Total() time.Duration { return c.User + c.System }

// Used returns the processor time this process has used so far.
func Used() (CPU, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return CPU{}, os.NewSyscallError("getrusage", err)
	}
	return CPU{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())}, nil
}

// A Result is what one Run has measured on the client's side.
type Result struct {
	Ops      int64
	Wall     time.Duration
	CPU      CPU
	P50, P99 time.Duration // zero for pushes
}
