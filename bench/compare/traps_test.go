//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/bench/compare/trap"
)

func TestKharonFallsIntoNoTrap(t *testing.T) {
	for _, s := range trap.Subjects {
		if !strings.HasPrefix(s.Name, "kharon-") {
			continue
		}
		for _, c := range trap.All {
			t.Run(c.Name+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				o, err := sprung(t.Context(), c, s)
				if err != nil || o.Verdict == trap.Fails {
					t.Errorf("%s: %s, %v", c.Says, o.Note, err)
				}
			})
		}
	}
}

func TestACaseThatEndsItsProcessFails(t *testing.T) {
	o, err := sprung(t.Context(), trap.Named("panic"), trap.Subjected("net"))
	if err != nil || o.Verdict != trap.Fails || !strings.Contains(o.Note, "the process dies: panic") {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestTableOfTrapsIsRenewed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	const before, after = "above\n" + tableBegins, tableEnds + "below\n"
	if err := os.WriteFile(file, []byte(before+"an old table\n"+after), 0o644); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	args := []string{"-readme", file, "-run", "^discard-0/net$"}
	if code := run(context.Background(), args, streams{strings.NewReader(""), &errs, &errs}); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, before+"| |") || !strings.HasSuffix(got, after) || strings.Contains(got, "an old table") {
		t.Errorf("got:\n%s", got)
	}
	if !strings.Contains(got, "| taking 0 bytes of the input takes none | yes |") {
		t.Errorf("the outcome is not there:\n%s", got)
	}
}

func TestAFileWithoutTheCommentsIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("text\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := renew(file, []byte("table\n")); err == nil {
		t.Error("no error")
	}
	if text, _ := os.ReadFile(file); string(text) != "text\n" {
		t.Errorf("got %q", text)
	}
}

func TestReadmeHasThePlaceForTheTable(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, rest, ok := bytes.Cut(text, []byte(tableBegins)); !ok || !bytes.Contains(rest, []byte(tableEnds)) {
		t.Error("the comments are not there")
	}
}
