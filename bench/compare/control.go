//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/kharon-net/kharon/bench/compare/client"
	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/peer"
)

// obey answers commands on stdin, a line each, with a line of JSON, until stdin
// ends: the parent's end, however it came about.
func obey(std streams, answer func(command, arg string) (any, error)) error {
	out := json.NewEncoder(std.out)
	for in := bufio.NewScanner(std.in); in.Scan(); {
		command, arg, _ := strings.Cut(in.Text(), " ")
		v, err := answer(command, arg)
		if err != nil {
			return err
		}
		if err := out.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// serve is the program with -serve. Its commands:
//
//	usage    processor time of the server's process so far
//	process  the number of that process
//	memory   bytes of live objects and of stacks, after collecting garbage
func serve(cfg *config, std streams) (err error) {
	stopProfile, err := profile(cfg.prof)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	addr, err := peer.Serve(cfg.serve, "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(std.out, addr); err != nil {
		return err
	}
	return obey(std, func(command, _ string) (any, error) {
		switch command {
		case "usage":
			return peer.Used()
		case "process":
			if pid := peer.Process(); pid != 0 {
				return pid, nil
			}
			return os.Getpid(), nil
		case "memory":
			return memory(), nil
		}
		return nil, fmt.Errorf("unknown command %q", command)
	})
}

// memory empties the pools, which takes two collections, and returns what is
// left.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// profile starts a CPU profile into file and returns what ends it. "" is none.
func profile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// generate is the program with -load.
func generate(cfg *config, std streams) error {
	var shape load.Shape
	if err := json.Unmarshal([]byte(cfg.shape), &shape); err != nil {
		return fmt.Errorf("-shape: %w", err)
	}
	if shape.Topic == load.BoxBroadcast {
		a, err := load.Gather(cfg.load, shape.Conns)
		if err != nil {
			return err
		}
		defer a.Close()
		return runs(std, a.Run)
	}
	l, err := load.Dial(cfg.load, shape)
	if err != nil {
		return err
	}
	defer l.Close()
	return runs(std, l.Run)
}

// request is the program with -client.
func request(cfg *config, std streams) (err error) {
	var shape client.Shape
	if err := json.Unmarshal([]byte(cfg.shape), &shape); err != nil {
		return fmt.Errorf("-shape: %w", err)
	}
	stopProfile, err := profile(cfg.prof)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	c, err := client.Connect(cfg.client, shape)
	if err != nil {
		return err
	}
	defer c.Close()
	return runs(std, c.Run)
}

// runs obeys the one command that clients have, run with a duration. The answer
// is a load.Result.
func runs(std streams, run func(time.Duration) (load.Result, error)) error {
	if _, err := io.WriteString(std.out, "connected\n"); err != nil {
		return err
	}
	return obey(std, func(command, arg string) (any, error) {
		d, err := time.ParseDuration(arg)
		if command != "run" || err != nil {
			return nil, fmt.Errorf("unknown command %q", command+" "+arg)
		}
		return run(d)
	})
}
