//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/kharon-net/kharon/bench/compare/trap"
)

// spring is the program with -trap: it runs one case, which may end it.
func spring(spec string, std streams) error {
	name, library, _ := strings.Cut(spec, "/")
	t, s := trap.Named(name), trap.Subjected(library)
	if t == nil || s == nil {
		return fmt.Errorf("-trap is %q, want trap/library as traps -list has them", spec)
	}
	return json.NewEncoder(std.out).Encode(t.Run(s))
}

// trapTimeout is how long a case may take in all.
const trapTimeout = 30 * time.Second

// sprung runs a case in a process of its own.
func sprung(ctx context.Context, t *trap.Trap, s *trap.Subject) (trap.Outcome, error) {
	if why := s.Absent[t]; why != "" {
		return trap.Outcome{Verdict: trap.Absent, Note: why}, nil
	}
	self, err := os.Executable()
	if err != nil {
		return trap.Outcome{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, trapTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-trap", t.Name+"/"+s.Name)
	cmd.Env = append(os.Environ(), asChild)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, _ := cmd.Output() // how it ended does not matter when it has told its outcome
	var o trap.Outcome
	if last := bytes.LastIndexByte(bytes.TrimSpace(out), '\n'); json.Unmarshal(out[last+1:], &o) == nil {
		return o, nil
	}
	if ctx.Err() == context.DeadlineExceeded { //nolint:errorlint // our own
		return trap.Outcome{Verdict: trap.Fails, Note: fmt.Sprintf("the process hangs for %v", trapTimeout)}, nil
	}
	note := "the process dies"
	if line, _, _ := strings.Cut(stderr.String(), "\n"); line != "" {
		note += ": " + strings.ReplaceAll(line, "|", "")
	}
	if way := s.Ways[t]; way != "" {
		note = way + ": " + note
	}
	return trap.Outcome{Verdict: trap.Fails, Note: note}, ctx.Err()
}

// survey runs the cases that are selected, and prints them or has the README
// show them.
func survey(ctx context.Context, cfg *config, std streams) error {
	outcomes := map[*trap.Trap]map[*trap.Subject]trap.Outcome{}
	var rows []*trap.Trap
	for _, t := range trap.All {
		for _, s := range trap.Subjects {
			name := t.Name + "/" + s.Name
			if !cfg.run.MatchString(name) {
				continue
			}
			if cfg.list {
				fmt.Fprintln(std.out, name)
				continue
			}
			o, err := sprung(ctx, t, s)
			if err != nil {
				return err
			}
			fmt.Fprintf(std.err, "%s %s: %s\n", name, o.Verdict, o.Note)
			if outcomes[t] == nil {
				outcomes[t] = map[*trap.Subject]trap.Outcome{}
				rows = append(rows, t)
			}
			outcomes[t][s] = o
		}
	}
	if cfg.list {
		return nil
	}
	table, reasons := trapTable(rows, outcomes)
	if cfg.readme != "" {
		return renew(cfg.readme, table)
	}
	_, err := fmt.Fprintf(std.out, "%s\n%s", table, reasons)
	return err
}
