//go:build linux

// Package usage reads processor times.
package usage

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is processor time.
type CPU struct{ User, System time.Duration }

// Minus returns what c has more than before.
func (c CPU) Minus(before CPU) CPU { return CPU{c.User - before.User, c.System - before.System} }

// Plus returns both together.
func (c CPU) Plus(more CPU) CPU { return CPU{c.User + more.User, c.System + more.System} }

// Total is both together.
func (c CPU) Total() time.Duration { return c.User + c.System }

// Self returns the processor time this process has used so far.
func Self() (CPU, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return CPU{}, os.NewSyscallError("getrusage", err)
	}
	return CPU{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())}, nil
}

// Peak returns the most memory that a process has had resident at a time so far, in bytes: VmHWM of proc(5).
func Peak(pid int) (int64, error) {
	name := fmt.Sprintf("/proc/%d/status", pid)
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	_, line, found := bytes.Cut(text, []byte("VmHWM:"))
	var kibibytes int64
	if _, err := fmt.Sscanf(string(line), "%d kB", &kibibytes); !found || err != nil {
		return 0, fmt.Errorf("%s has no VmHWM: %w", name, err)
	}
	return kibibytes << 10, nil
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ of every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Of returns the processor time another process has used so far, as exactly as proc(5) tells it: in hundredths of a
// second.
func Of(pid int) (CPU, error) {
	name := fmt.Sprintf("/proc/%d/stat", pid)
	text, err := os.ReadFile(name)
	if err != nil {
		return CPU{}, err
	}
	// The second field is a name in parentheses and may hold anything; utime and stime are the 14th and the 15th.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return CPU{}, fmt.Errorf("%s has %d fields after the name, want 13 or more", name, len(fields))
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	if err != nil {
		return CPU{}, fmt.Errorf("%s: %w", name, err)
	}
	system, err := strconv.ParseInt(string(fields[12]), 10, 64)
	if err != nil {
		return CPU{}, fmt.Errorf("%s: %w", name, err)
	}
	return CPU{time.Duration(user) * tick, time.Duration(system) * tick}, nil
}
