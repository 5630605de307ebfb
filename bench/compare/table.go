//go:build linux

package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// printTable prints the rows, a group for each scenario, and how to read them.
func printTable(w io.Writer, rows []*row, cfg *config) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateColumns = false
	header := table.Row{"\nscenario", "\npeer", "messages\n/s", "rate,\nto first", "p99\nµs", "its CPU\nµs/msg",
		"\nmin..max", "of it\nuser", "\nsystem", "its CPU,\nto first", "other side\nµs/msg", "system calls/msg\nor peak memory"}
	t.AppendHeader(header)
	var columns []table.ColumnConfig
	for i := 3; i < len(header); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	var notes footnotes
	for i, r := range rows {
		name := r.scenario.name
		if i > 0 && r.scenario == rows[i-1].scenario {
			name = ""
		} else if i > 0 {
			t.AppendSeparator()
		}
		t.AppendRow(append(table.Row{name, r.who}, r.cells(rows, &notes)...))
	}
	t.Render()
	for i, n := range notes {
		fmt.Fprintf(w, "[%d] %s\n", i+1, n)
	}
	fmt.Fprintln(w, legend(cfg))
}

// footnotes are told once, however often they are referred to.
type footnotes []string

// mark returns the reference to a note.
func (f *footnotes) mark(note string) string {
	i := slices.Index(*f, note)
	if i < 0 {
		i = len(*f)
		*f = append(*f, note)
	}
	return fmt.Sprintf("- [%d]", i+1)
}

// cells are what the row has after the names.
func (r *row) cells(rows []*row, notes *footnotes) table.Row {
	if why := r.missing(); why != "" {
		return table.Row{notes.mark(r.who + ": " + why)}
	}
	if r.idle {
		bytes := r.column((*sample).bytes)
		return table.Row{"", "", "", short(median(bytes)) + " B", spread(bytes), "", "", r.ratio(rows, (*sample).bytes)}
	}
	cpu := r.column(r.compared)
	p99 := ""
	if v := median(r.column(func(s *sample) float64 { return s.P99 })); v > 0 {
		p99 = short(v)
	}
	return table.Row{
		short(median(r.column((*sample).rate))), r.ratio(rows, (*sample).rate), p99,
		short(median(cpu)), spread(cpu),
		short(median(r.column(func(s *sample) float64 { return r.costs(s).User }))),
		short(median(r.column(func(s *sample) float64 { return r.costs(s).System }))),
		r.ratio(rows, r.compared),
		short(median(r.column(func(s *sample) float64 { return s.Server.total() + s.Client.total() - r.compared(s) }))),
		r.extra(),
	}
}

// extra is what is in the last column: the system calls of a server, the memory of a client that walks.
func (r *row) extra() string {
	if !r.requests.Walks() {
		return r.Calls.String()
	}
	return short(median(r.column(func(s *sample) float64 { return s.Peak / (1 << 20) }))) + " MiB"
}

// costs are those of the side that is compared.
func (r *row) costs(s *sample) cost {
	if r.library != nil {
		return s.Client
	}
	return s.Server
}

func (r *row) compared(s *sample) float64 { return r.costs(s).total() }

func (s *sample) rate() float64 { return s.OpsPerSec }

func (s *sample) bytes() float64 { return s.Bytes }

func (r *row) column(f func(*sample) float64) []float64 {
	v := make([]float64, len(r.Samples))
	for i, s := range r.Samples {
		v[i] = f(s)
	}
	return v
}

// ratio compares with the first peer that was measured, round by round: what
// the machine did meanwhile was the same for both, or nearly.
func (r *row) ratio(rows []*row, f func(*sample) float64) string {
	first := reference(rows, r)
	if first == nil {
		return ""
	}
	mine, its := r.column(f), first.column(f)
	for i := range mine {
		mine[i] /= its[i]
	}
	return fmt.Sprintf("%.2f", median(mine))
}

// median returns the middle one of the values, NaN when there is none.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	switch n := len(v); {
	case n%2 == 1:
		return v[n/2]
	default:
		return (v[n/2-1] + v[n/2]) / 2
	}
}

func spread(v []float64) string { return short(slices.Min(v)) + ".." + short(slices.Max(v)) }

// short writes a number with three digits that count.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 2, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', 0, 64) + "k"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// legend says what was measured and how to read it.
func legend(cfg *config) string {
	where := "server and client share the processors"
	if server, client := cores(); server >= 0 {
		where = fmt.Sprintf("server on processor %d, client on %d, GOMAXPROCS 1 each", server, client)
	}
	return fmt.Sprintf("Loopback, messages of 64 bytes or packets of IPROTO; medians of %d rounds of %v, in which the peers took turns;\n"+
		"%s. What is compared is the server, or the client where the\n"+
		"scenario's name begins with it. The figure to look at is its processor time per message (idle: its bytes per\n"+
		"connection); \"to first\" is that against the group's first peer, the median of the rounds' ratios. p99 is with\n"+
		"all connections busy. System calls are from a run of their own under strace, which slows the server down, so\n"+
		"that it finds more at once when it looks. %s, linux/%s",
		cfg.rounds, cfg.time, where, runtime.Version(), runtime.GOARCH)
}
