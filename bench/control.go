package main

import (
	"bufio"
	"context"
	"fmt"
	"runtime"
)

// obey answers commands on stdin, a line each, with a line on stdout, until
// stdin ends; then the context it returns is done. The parent's end, however
// it came about, is the end of stdin.
//
//	cpu   processor time of the process so far, user and system, in microseconds
//	heap  bytes of live and unswept objects
//
// The goroutine ends with stdin, at the latest with the process.
func obey(ctx context.Context, std streams) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		for in := bufio.NewScanner(std.in); in.Scan(); {
			if _, err := fmt.Fprintln(std.out, answer(in.Text())); err != nil {
				return
			}
		}
	}()
	return ctx
}

// answer is the line that answers a command.
func answer(command string) string {
	switch command {
	case "cpu":
		used, err := cpuTime()
		if err != nil {
			return "error " + err.Error()
		}
		return fmt.Sprint("cpu ", used.Microseconds())
	case "heap":
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return fmt.Sprint("heap ", m.HeapAlloc)
	}
	return fmt.Sprintf("error unknown command %q", command)
}
