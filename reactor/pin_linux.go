package reactor

import (
	"os"

	"golang.org/x/sys/unix"
)

// maxCPU is the highest number a CPU set of the system call has room for.
const maxCPU = 1023

// sysPin binds the calling thread to one CPU, sched_setaffinity(2).
func sysPin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &set))
}
