package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// benchmark is the program without -serve: it measures the scenarios that are
// asked for and prints the table.
func benchmark(ctx context.Context, cfg *config, std streams) (err error) {
	if _, err := cpuTime(); err != nil {
		return err
	}
	list := cfg.selected()
	if len(list) == 0 {
		return fmt.Errorf("no scenario matches -run %q (-list prints them)", cfg.run)
	}
	stopProfile, err := profile(cfg.cpuProf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	results, err := runAll(ctx, cfg, list, std.err)
	if len(results) > 0 {
		printTable(std.out, results, cfg)
	}
	if err == nil && cfg.json != "" {
		err = writeJSON(cfg.json, results)
	}
	return err
}

// runAll returns the results up to the first failure, without those of
// scenarios that the server lacks a function for.
func runAll(ctx context.Context, cfg *config, list []scenario, stderr io.Writer) (results []*result, err error) {
	srvs := &servers{cfg: cfg}
	defer srvs.stop()
	p := newProgress(stderr, list, cfg.time)
	defer p.end()
	for i := range list {
		s := &list[i]
		p.begin(s)
		srv, err := srvs.get(s.needs)
		if err != nil {
			return results, err
		}
		r, err := measure(ctx, s, srv, cfg.time, p.warm)
		var missing *missingError
		switch {
		case errors.As(err, &missing):
			p.skip(s, err)
			continue
		case err != nil:
			return results, fmt.Errorf("%s: %w", s.name, err)
		}
		p.done(r)
		results = append(results, r)
	}
	return results, nil
}
