package reactortest

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Options says what surrounds the tests. The zero value suits a package whose tests clean up after themselves.
type Options struct {
	// Before, when not nil, runs ahead of the tests. What it leaves running counts as there from the start: a
	// package whose tests use the default reactor starts it here.
	Before func()

	// After, when not nil, runs between the tests and the search for leaks: it stops what the tests share.
	After func()

	// Goleak is handed to goleak, for a goroutine of a dependency that cannot be stopped. Nil excuses nothing.
	Goleak []goleak.Option

	// Grace is how long a file descriptor may take to close after the tests. Zero means 5 seconds.
	Grace time.Duration
}

// Main is MainWith(m, Options{}): what a package's TestMain calls. It does not return.
func Main(m *testing.M) { MainWith(m, Options{}) }

// MainWith runs the tests, then looks for goroutines and file descriptors that were not there before. It ends the
// process: with the tests' exit code when they failed, with 1 and a list when something has leaked, else with 0.
//
// Listing tests, fuzzing and profiling run without the search: the testing package itself leaves pipes, workers and
// profile files behind then.
func MainWith(m *testing.M, o Options) {
	if o.Before != nil {
		o.Before()
	}
	startRuntimePoller()
	before := openFDs()
	goroutines := append([]goleak.Option{goleak.IgnoreCurrent()}, o.Goleak...)

	code := m.Run()
	if o.After != nil {
		o.After()
	}
	if code == 0 && searchesForLeaks() {
		code = report(goleak.Find(goroutines...), leakedFDs(before, o.grace()))
	}
	os.Exit(code)
}

func (o Options) grace() time.Duration {
	if o.Grace > 0 {
		return o.Grace
	}
	return 5 * time.Second
}

// report prints what has leaked and returns the exit code.
func report(goroutines error, fds []string) int {
	code := 0
	if goroutines != nil {
		fmt.Fprintln(os.Stderr, "reactortest: leaked goroutines:", goroutines)
		code = 1
	}
	if len(fds) > 0 {
		fmt.Fprintln(os.Stderr, "reactortest: leaked file descriptors:")
		for _, fd := range fds {
			fmt.Fprintln(os.Stderr, "\t"+fd)
		}
		code = 1
	}
	return code
}

// searchesForLeaks tells whether the flags of this run leave a leak search meaningful.
func searchesForLeaks() bool {
	for _, name := range []string{"list", "fuzz", "fuzzworker", "cpuprofile", "trace"} {
		f := flag.Lookup("test." + name)
		if f != nil && f.Value.String() != f.DefValue {
			return false
		}
	}
	return true
}
