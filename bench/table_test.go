package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTableGroupsLayersAndFits(t *testing.T) {
	cpu := 1234.5
	row := result{Scenario: "netbox/ping/async-512", layer: "netbox", OpsPerSec: 12345678, P50: 123456, P99: 1234567,
		P999: 10e6, ClientCPU: 12.34, ServerCPU: &cpu, Allocs: 12.3, Bytes: 12345}
	other := row
	other.layer, other.ServerCPU = "push", nil
	var b strings.Builder
	printTable(&b, []*result{&row, &row, &other}, &config{mode: "inline"})
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 12 {
		t.Fatalf("%d lines:\n%s", len(lines), &b)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.HasPrefix(lines[6], "├") {
		t.Errorf("no line between the layers:\n%s", &b)
	}
	if !strings.Contains(lines[5], "12,345,678  123k  1.2M  10.0M") || !strings.Contains(lines[7], "  -  ") {
		t.Errorf("the numbers:\n%s", &b)
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 0.129: "0.13", 9.87: "9.87", 12.34: "12.3", 99.94: "99.9",
		123.4: "123", 1234.5: "1,234", 99999: "99,999", 123456: "123k", 1234567: "1.2M"} {
		if got := short(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func TestLatencies(t *testing.T) {
	a, b := newLatencies(), newLatencies()
	for i := range 1000 {
		a.add(time.Duration(i+1) * time.Microsecond)
	}
	b.add(0)
	b.add(time.Hour)
	all := newLatencies().drain(a, b)
	if got := all.h.TotalCount(); got != 1002 {
		t.Errorf("%d latencies, want 1002", got)
	}
	if got := all.micros(50); got < 495 || got > 510 {
		t.Errorf("p50 is %v", got)
	}
	if a.h.TotalCount() != 0 || b.h.TotalCount() != 0 {
		t.Error("what was moved is still there")
	}
	if n := testing.AllocsPerRun(100, func() { a.add(time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations to count one", n)
	}
}
