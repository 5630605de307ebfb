//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A row is a pair and everything that was measured of it.
type row struct {
	pair
	Samples []*sample // one for each round
	Calls   calls     // nil: not counted
}

// compare measures what is selected and prints it.
func compare(ctx context.Context, cfg *config, std streams) error {
	rows := selected(cfg)
	if len(rows) == 0 {
		return fmt.Errorf("-run %s selects nothing; -list tells what there is", cfg.run)
	}
	for _, group := range byScenario(rows) {
		if err := contend(ctx, cfg, group, std); err != nil {
			return err
		}
	}
	printTable(std.out, rows, cfg)
	if cfg.json != "" {
		return writeJSON(cfg.json, rows)
	}
	return nil
}

func selected(cfg *config) []*row {
	var rows []*row
	for _, p := range pairs() {
		if cfg.run.MatchString(p.name()) {
			rows = append(rows, &row{pair: p})
		}
	}
	return rows
}

func byScenario(rows []*row) [][]*row {
	var groups [][]*row
	for i, r := range rows {
		if i == 0 || r.scenario != rows[i-1].scenario {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], r)
	}
	return groups
}

// contend lets the peers of one scenario take turns.
func contend(ctx context.Context, cfg *config, group []*row, std streams) error {
	for round := range cfg.rounds {
		fmt.Fprintf(std.err, "%s: round %d of %d\n", group[0].scenario.name, round+1, cfg.rounds)
		for _, r := range group {
			if err := ctx.Err(); err != nil {
				return err
			}
			if r.missing() != "" {
				continue
			}
			s, err := measure(r.pair, cfg.time, "-cpuprofile", cfg.profile)
			if err != nil {
				return err
			}
			r.Samples = append(r.Samples, s)
		}
	}
	if !cfg.strace || !haveStrace() || group[0].idle || group[0].library != nil {
		return nil
	}
	for _, r := range group {
		if r.missing() != "" {
			continue
		}
		var err error
		if r.Calls, err = countCalls(r.pair, min(cfg.time, 300*time.Millisecond)); err != nil {
			fmt.Fprintf(std.err, "%s: no system calls counted: %v\n", r.name(), err)
		}
	}
	return nil
}

// writeJSON keeps every sample.
func writeJSON(file string, rows []*row) error {
	type record struct {
		Scenario string    `json:"scenario"`
		Peer     string    `json:"peer"`
		Missing  string    `json:"missing,omitempty"`
		Rounds   []*sample `json:"rounds,omitempty"`
		Calls    calls     `json:"calls_per_message,omitempty"`
	}
	var list []record
	for _, r := range rows {
		list = append(list, record{r.scenario.name, r.who, r.missing(), r.Samples, r.Calls})
	}
	b, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// reference is the first row of the same scenario that was measured, with which
// the others are compared; nil when none was.
func reference(rows []*row, r *row) *row {
	for _, x := range rows {
		if x.scenario == r.scenario && len(x.Samples) > 0 {
			return x
		}
	}
	return nil
}
