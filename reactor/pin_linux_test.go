package reactor_test

import (
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/reactor"
)

// affinity returns the CPUs that the thread of a loop may run on.
func affinity(t *testing.T, l *reactor.Loop) (set unix.CPUSet) {
	t.Helper()
	done := make(chan error, 1)
	_ = l.Post(func() { done <- unix.SchedGetaffinity(0, &set) })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return set
}

// allowedCPUs returns the CPUs that this process may run on, and two of them,
// or one, by their numbers.
func allowedCPUs(t *testing.T) (allowed unix.CPUSet, cpus []int) {
	t.Helper()
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if allowed.IsSet(cpu) && len(cpus) < 2 {
			cpus = append(cpus, cpu)
		}
	}
	return allowed, cpus
}

func TestLoopsAreBoundToTheirCPUs(t *testing.T) {
	allowed, cpus := allowedCPUs(t)
	r := start(t, reactor.Config{CPUs: cpus})
	if r.Loops() != len(cpus) {
		t.Errorf("there are %d loops for %d CPUs", r.Loops(), len(cpus))
	}
	for i, cpu := range cpus {
		if set := affinity(t, r.Loop(i)); set.Count() != 1 || !set.IsSet(cpu) {
			t.Errorf("loop %d is not bound to CPU %d", i, cpu)
		}
	}
	roundTrip(t, dial(t, listen(t, r, echo)), "hello")
	_ = r.Close()
	free := start(t, reactor.Config{Loops: 4, LockOSThread: true})
	for i := range free.Loops() {
		if set := affinity(t, free.Loop(i)); set != allowed {
			t.Errorf("a thread has inherited the CPU of a loop that has ended")
		}
	}
}

func TestRefusedCPUIsACPUError(t *testing.T) {
	expect := expectSockets(t)
	_, cpus := allowedCPUs(t)
	r, err := reactor.New(reactor.Config{Loops: 2, CPUs: []int{cpus[0], 1023}}) // no machine of ours has the last one
	var cpu *reactor.CPUError
	if !errors.As(err, &cpu) || cpu.Loop != 1 || cpu.CPU != 1023 || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("New returned %v, %v", r, err)
	}
	expect(0)
}
