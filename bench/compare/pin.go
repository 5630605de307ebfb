//go:build linux

package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// cores returns a processor for the server and one for the client, or -1 twice
// where there are not two to be had.
func cores() (server, client int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil || set.Count() < 2 {
		return -1, -1
	}
	server, client = -1, -1
	for i := 0; client < 0; i++ {
		switch {
		case !set.IsSet(i):
		case server < 0:
			server = i
		default:
			client = i
		}
	}
	return server, client
}

// onCore calls start with the thread bound to one processor, which a process
// started there inherits. A negative core is any.
func onCore(core int, start func() error) error {
	if core < 0 {
		return start()
	}
	runtime.LockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	err := start()
	if restored := unix.SchedSetaffinity(0, &before); restored != nil {
		return restored // the thread stays locked, and ends with the goroutine
	}
	runtime.UnlockOSThread()
	return err
}
