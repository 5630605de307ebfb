package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"time"
)

// config is the command line.
type config struct {
	// what to do
	list  bool
	serve string // kind of server to be; "": measure

	// measuring
	run        *regexp.Regexp
	time       time.Duration
	json       string
	addr       string
	serverProf string

	// serving
	listen  string
	mode    string
	loops   int
	control bool

	// both
	cpuProf string
}

const synopsis = `Bench measures Kharon and prints a table. Without -addr it starts the servers itself.

	go run ./bench [-run REGEXP] [-time D] [-json FILE] [-addr HOST:PORT]
	go run ./bench -list
	go run ./bench -serve KIND [-listen HOST:PORT] [-mode goroutine|fiber|inline]

`

var errHelp = errors.New("help was asked for")

// parseFlags reads the command line. What is wrong with it is the error.
func parseFlags(args []string, help io.Writer) (*config, error) {
	var c config
	var pattern string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&c.list, "list", false, "print the names of the scenarios and exit")
	fs.StringVar(&pattern, "run", "", "run only the scenarios whose name matches this `regexp`")
	fs.DurationVar(&c.time, "time", defaultTime(), "measure each scenario this long, after a warm-up of a tenth of it")
	fs.StringVar(&c.json, "json", "", "write the results to this `file`, an array of objects")
	fs.StringVar(&c.addr, "addr", "", "run the scenarios of a client against the server at `host:port`: a Tarantool or\n"+
		"-serve box. It needs the functions echo and push_n; scenarios without theirs are skipped")
	fs.StringVar(&c.serverProf, "server-cpuprofile", "", "write the last server's CPU profile to this `file`")
	fs.StringVar(&c.serve, "serve", "", "only serve, until SIGTERM or SIGINT. The `kind` is box (functions echo, nop, push_n,\n"+
		"sleep, fail), echo (event-driven, any bytes), line (blocking-style, lines) or udp\n"+
		"(event-driven, datagrams)")
	fs.StringVar(&c.listen, "listen", "127.0.0.1:0", "where to serve, `host:port`; port 0 is one that is free")
	fs.StringVar(&c.mode, "mode", "inline", "how handlers run. Functions of box: inline, on the loop of the connection, which\n"+
		"suits functions that never block; fiber, on the loop, too, where they may wait; or\n"+
		"goroutine, the library's default. sleep never runs inline, and lines neither")
	fs.IntVar(&c.loops, "loops", 0, "number of the server's loops; 0 is one for every processor")
	fs.BoolVar(&c.control, "control", false, "take commands from stdin while serving: cpu, heap. Ends with stdin")
	fs.StringVar(&c.cpuProf, "cpuprofile", "", "write this process's CPU profile to this `file`")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(help, synopsis)
		fs.SetOutput(help)
		fs.PrintDefaults()
		return nil, errHelp
	case err != nil:
		return nil, fmt.Errorf("%w (-help tells the flags)", err)
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q (-help tells the flags)", fs.Arg(0))
	}
	if c.run, err = regexp.Compile(pattern); err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	return &c, c.check()
}

// all is how long a run of all scenarios measures, at the default. With their
// warm-ups, and the servers to start, that stays under 40 seconds.
const all = 30 * time.Second

func defaultTime() time.Duration {
	return (all / time.Duration(len(scenarios))).Truncate(100 * time.Millisecond)
}

// check finds values that flags of their type may have and we can not use.
func (c *config) check() error {
	switch {
	case c.time <= 0:
		return fmt.Errorf("-time is %v, want more than 0", c.time)
	case modes[c.mode] == 0:
		return fmt.Errorf("-mode is %q, want inline, fiber or goroutine", c.mode)
	case c.loops < 0:
		return fmt.Errorf("-loops is %d, want 0 or more", c.loops)
	case c.serve != "" && services[kind(c.serve)] == nil:
		return fmt.Errorf("-serve is %q, want box, echo, line or udp", c.serve)
	}
	return nil
}
