//go:build linux

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
	list   bool
	traps  bool
	readme string // file whose table of traps is renewed; "": none

	// measuring
	run     *regexp.Regexp
	rounds  int
	time    time.Duration
	json    string
	strace  bool
	profile string // where that, which was compared last, leaves its profile

	// being a child
	serve  string // peer/kind to serve; "": measure
	prof   string // where a server leaves its profile
	load   string // address to put a load on; "": measure
	client string // address to make requests to; "": measure
	shape  string // of the load, as JSON
	trap   string // trap/subject to run; "": measure
}

const synopsis = `Compare measures Kharon and its peers side by side and prints a table.

	go run . [-run REGEXP] [-rounds N] [-time D] [-json FILE]
	go run . traps [-run REGEXP]
	go run . -readme FILE
	go run . -list

`

var errHelp = errors.New("help was asked for")

// parseFlags reads the command line. What is wrong with it is the error.
func parseFlags(args []string, help io.Writer) (*config, error) {
	var c config
	var pattern string
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&c.list, "list", false, "print the names of what is measured and exit")
	fs.StringVar(&pattern, "run", "", "only what matches this `regexp`; a name is scenario/peer, as -list has them")
	fs.IntVar(&c.rounds, "rounds", 5, "measure everything this often, in turns")
	fs.DurationVar(&c.time, "time", time.Second, "measure this long each time, after a warm-up of a tenth of it")
	fs.StringVar(&c.json, "json", "", "write what every round measured to this `file`")
	fs.BoolVar(&c.strace, "strace", true, "count system calls, where strace is installed")
	fs.StringVar(&c.profile, "profile", "", "write the CPU profile of what was compared last to this `file`")
	fs.StringVar(&c.readme, "readme", "", "renew the table of traps in this `file`, between its two comments")
	fs.StringVar(&c.trap, "trap", "", "run one `trap/library` and print the outcome as JSON")
	fs.StringVar(&c.serve, "serve", "", "be a server, `peer/kind`, that takes commands from stdin")
	fs.StringVar(&c.prof, "cpuprofile", "", "with -serve and -client: write the CPU profile to this `file`, when stdin ends")
	fs.StringVar(&c.load, "load", "", "be the client of a server at this `address`")
	fs.StringVar(&c.client, "client", "", "be a client library of Tarantool's, with a server at this `address`")
	fs.StringVar(&c.shape, "shape", "{}", "with -load and -client: what the client does, as `JSON`")
	if len(args) > 0 && args[0] == "traps" {
		c.traps, args = true, args[1:]
	}
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

// check finds values that flags of their type may have and we can not use.
func (c *config) check() error {
	switch {
	case c.time <= 0:
		return fmt.Errorf("-time is %v, want more than 0", c.time)
	case c.rounds <= 0:
		return fmt.Errorf("-rounds is %d, want more than 0", c.rounds)
	}
	return nil
}
