package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// printTable prints the results, a group for each layer, and how to read them.
func printTable(w io.Writer, results []*result, cfg *config) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateColumns = false
	header := table.Row{"\nscenario", "requests\nper s", "p50\nµs", "p99\nµs", "p99.9\nµs",
		"client CPU\nµs/req", "server CPU\nµs/req", "allocs\n/req", "bytes\n/req"}
	t.AppendHeader(header)
	var columns []table.ColumnConfig
	for i := 2; i <= len(header); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	for i, r := range results {
		if i > 0 && r.layer != results[i-1].layer {
			t.AppendSeparator()
		}
		t.AppendRow(r.row())
	}
	t.Render()
	fmt.Fprintln(w, legend(cfg))
}

func (r *result) row() table.Row {
	server := "-"
	if r.ServerCPU != nil {
		server = short(*r.ServerCPU)
	}
	return table.Row{r.Scenario, grouped(r.OpsPerSec), short(r.P50), short(r.P99), short(r.P999),
		short(r.ClientCPU), server, short(r.Allocs), short(r.Bytes)}
}

// legend says what the columns mean and what they depend on.
func legend(cfg *config) string {
	loops := cfg.loops
	if loops == 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	server := fmt.Sprintf("server: %d loops, box functions %s", loops, cfg.mode)
	if cfg.addr != "" {
		server = "server: " + cfg.addr
	}
	return fmt.Sprintf("CPU µs per request are what a request costs, on however many processors; rates and latencies depend\n"+
		"on those, too. Either is disturbed by what else the machine does. allocs and bytes are the client's.\n"+
		"GOMAXPROCS %d, %s/%s, %s; client: %d loops; %s",
		runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.GOMAXPROCS(0), server)
}

// grouped writes a number in full, with thousands separators.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// short writes a number in seven columns at most, with as many decimals as its
// size deserves.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + "M"
	case v >= 1e5:
		return strconv.FormatFloat(v/1e3, 'f', 0, 64) + "k"
	case v >= 100:
		return grouped(v)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
