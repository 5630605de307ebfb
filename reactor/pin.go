package reactor

import (
	"fmt"
	"runtime"
)

// A CPUError is returned by New when a loop can not be bound to its CPU.
type CPUError struct {
	Loop int   // its number
	CPU  int   // the one of Config.CPUs that was tried
	Err  error // why: the system call's, or errors.ErrUnsupported
}

// Error tells the loop, the CPU and why.
func (e *CPUError) Error() string {
	return fmt.Sprintf("reactor: binding loop %d to CPU %d: %v", e.Loop, e.CPU, e.Err)
}

// Unwrap returns the reason.
func (e *CPUError) Unwrap() error { return e.Err }

// pin gives the loop's goroutine a thread of its own, and that thread its CPU,
// as Config has it. The thread ends with the goroutine, so that the CPU is
// nobody else's limit afterwards. Called by the loop's goroutine.
func (l *Loop) pin() error {
	cpus := l.cfg.CPUs
	if !l.cfg.LockOSThread && len(cpus) == 0 {
		return nil
	}
	runtime.LockOSThread()
	if len(cpus) == 0 {
		return nil
	}
	cpu := cpus[l.id%len(cpus)]
	if err := sysPin(cpu); err != nil {
		return &CPUError{l.id, cpu, err}
	}
	return nil
}
