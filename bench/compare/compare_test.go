//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/bench/compare/peer"
	"github.com/kharon-net/kharon/bench/compare/tarantool"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestMain lets children, which are this binary, do their work.
func TestMain(m *testing.M) {
	if os.Getenv("KHARON_COMPARE_CHILD") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestEveryPairIsMeasured(t *testing.T) {
	if tarantool.Missing() != "" {
		t.Run("tarantool", func(t *testing.T) { reactortest.Need(t, "tarantool") })
	}
	for _, p := range pairs() {
		if p.missing() != "" {
			continue
		}
		t.Run(p.name(), func(t *testing.T) {
			s, err := measure(p, 50*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if p.idle && s.Bytes <= 0 || !p.idle && s.OpsPerSec <= 0 {
				t.Errorf("measured nothing: %+v", s)
			}
		})
	}
}

func TestTableHasEveryPeerOfAScenario(t *testing.T) {
	var out, progress bytes.Buffer
	std := streams{strings.NewReader(""), &out, &progress}
	if code := run(context.Background(), []string{"-run", "^line/64/", "-rounds", "2", "-time", "20ms", "-strace=false"}, std); code != 0 {
		t.Fatalf("exit code %d: %s", code, progress.String())
	}
	for _, p := range peer.All {
		if !strings.Contains(out.String(), p.Name) {
			t.Errorf("%s is not in the table:\n%s", p.Name, out.String())
		}
	}
	if !strings.Contains(out.String(), "[1] net: nothing") {
		t.Errorf("no footnote tells why net is missing:\n%s", out.String())
	}
}

func TestCommandLineMistakesAreTold(t *testing.T) {
	for _, args := range [][]string{{"-rounds", "0"}, {"-time", "-1s"}, {"-run", "("}, {"more"}, {"-nonsense"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, streams{strings.NewReader(""), &out, &errs}); code != 2 || errs.Len() == 0 {
			t.Errorf("%q: exit code %d, %q", args, code, errs.String())
		}
	}
}

func TestStraceSummaryIsRead(t *testing.T) {
	const summary = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600           6       100           write
 40.00    0.000400           2       200        50 read
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000           3       300        50 total
`
	if got := parseCalls([]byte(summary), 100).String(); got != "read 2.00, write 1.00" {
		t.Errorf("got %q", got)
	}
}

func TestMedianOfTurns(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}, {[]float64{7}, 7}} {
		if got := median(c.v); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.v, got, c.want)
		}
	}
}
