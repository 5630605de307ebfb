//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are what the process reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is main with the exit code as its result: 0, 1 for what went wrong, 2
// for a wrong command line.
func run(ctx context.Context, args []string, std streams) (code int) {
	cfg, err := parseFlags(args, std.err)
	switch {
	case errors.Is(err, errHelp):
		return 0
	case err != nil:
		fmt.Fprintln(std.err, "compare:", err)
		return 2
	}
	if err := dispatch(ctx, cfg, std); err != nil {
		fmt.Fprintln(std.err, "compare:", err)
		return 1
	}
	return 0
}

// dispatch does what the flags ask for.
func dispatch(ctx context.Context, cfg *config, std streams) error {
	switch {
	case cfg.serve != "":
		return serve(cfg, std)
	case cfg.load != "":
		return generate(cfg, std)
	case cfg.client != "":
		return request(cfg, std)
	case cfg.trap != "":
		return spring(cfg.trap, std)
	case cfg.traps, cfg.readme != "":
		return survey(ctx, cfg, std)
	case cfg.list:
		list(std.out)
		return nil
	default:
		return compare(ctx, cfg, std)
	}
}

func list(w io.Writer) {
	for _, p := range pairs() {
		fmt.Fprintln(w, p.name())
	}
}
