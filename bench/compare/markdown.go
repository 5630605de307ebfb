//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/kharon-net/kharon/bench/compare/trap"
)

// trapTable is the outcomes in Markdown, and the reasons.
func trapTable(rows []*trap.Trap, outcomes map[*trap.Trap]map[*trap.Subject]trap.Outcome) (table, reasons []byte) {
	var b, notes bytes.Buffer
	b.WriteString("| |")
	for _, s := range trap.Subjects {
		fmt.Fprintf(&b, " %s |", title(s))
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(trap.Subjects)) + "\n")
	for _, t := range rows {
		fmt.Fprintf(&b, "| %s |", t.Says)
		for _, s := range trap.Subjects {
			o, ran := outcomes[t][s]
			if !ran {
				b.WriteString("  |")
				continue
			}
			fmt.Fprintf(&b, " %s |", sign[o.Verdict])
			if o.Note != "" {
				fmt.Fprintf(&notes, "- %s, %s: %s\n", t.Name, s.Name, o.Note)
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n%s\n", legendOfTraps())
	return b.Bytes(), notes.Bytes()
}

// title is a library's name in the head of the table.
func title(s *trap.Subject) string {
	if layer, ours := strings.CutPrefix(s.Name, "kharon-"); ours {
		return "Kharon's `" + layer + "`"
	}
	return s.Name
}

// sign is a verdict in a cell.
var sign = map[trap.Verdict]string{trap.Passes: "yes", trap.Fails: "**no**", trap.Absent: "-"}

// legendOfTraps says what was asked, and of which versions.
func legendOfTraps() string {
	versions := []string{strings.Replace(runtime.Version(), "go", "Go ", 1)}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			for _, s := range trap.Subjects {
				if s.Module == m.Path {
					versions = append(versions, s.Name+" "+m.Version)
				}
			}
		}
	}
	slices.Sort(versions)
	return "A dash: the library has nothing that could fail there. " + strings.Join(versions, ", ") + "; Linux."
}

// The comments a table stands between.
const (
	tableBegins = "<!-- traps:begin -->\n"
	tableEnds   = "<!-- traps:end -->\n"
)

// renew puts the table between the two comments of a file.
func renew(file string, table []byte) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := bytes.Index(text, []byte(tableBegins)), bytes.Index(text, []byte(tableEnds))
	if begin < 0 || end < begin {
		return fmt.Errorf("%s has no line %q with %q after it", file, tableBegins, tableEnds)
	}
	var b bytes.Buffer
	b.Write(text[:begin+len(tableBegins)])
	b.Write(table)
	b.Write(text[end:])
	return os.WriteFile(file, b.Bytes(), 0o644)
}
