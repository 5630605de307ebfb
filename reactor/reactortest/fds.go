package reactortest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"
)

// fdDirs are where systems list the descriptors of the asking process. The first that can be read is used.
var fdDirs = [...]string{"/proc/self/fd", "/dev/fd"}

// openFDs maps each open descriptor to what it refers to, such as "socket:[4711]" or a path; "?" where the system does
// not say. It is nil on a system that lists no descriptors.
func openFDs() map[int]string {
	for _, dir := range fdDirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		fds := make(map[int]string, len(entries))
		for _, e := range entries {
			if fd, err := strconv.Atoi(e.Name()); err == nil {
				if target, open := fdTarget(dir + "/" + e.Name()); open {
					fds[fd] = target
				}
			}
		}
		return fds
	}
	return nil
}

// fdTarget also drops the descriptor that listed the directory: it is closed by now.
func fdTarget(name string) (target string, open bool) {
	if target, err := os.Readlink(name); err == nil {
		return target, true
	}
	_, err := os.Stat(name)
	return "?", err == nil
}

// leakedFDs waits until every descriptor open now was open before, for at most grace, and describes those that were
// not.
func leakedFDs(before map[int]string, grace time.Duration) []string {
	var leaked map[int]string
	await(grace, func() bool {
		leaked = openFDs()
		maps.DeleteFunc(leaked, func(fd int, target string) bool {
			was, open := before[fd]
			return open && was == target
		})
		return len(leaked) == 0
	})
	var lines []string
	for _, fd := range slices.Sorted(maps.Keys(leaked)) {
		lines = append(lines, fmt.Sprintf("%d -> %s", fd, leaked[fd]))
	}
	return lines
}

// startRuntimePoller makes the Go runtime open its own poller, which it keeps until the process ends, by opening a pipe
// once.
func startRuntimePoller() {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	_ = r.Close()
	_ = w.Close()
}
