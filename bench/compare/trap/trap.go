//go:build linux

// Package trap holds the mistakes that networking libraries make, each as a
// small program that falls into it or does not. Every library is driven as its
// documentation recommends; where there is another way that does better, the
// outcome's note says so.
//
// A case runs in a process of its own, because some of them end it.
package trap

import (
	"errors"
	"fmt"
	"strings"
)

// A Trap is one case.
type Trap struct {
	Name string
	Says string // what a library that passes does
	run  func(s *Subject) error
}

// All are the traps, in the order of the table.
var All = []*Trap{
	halfClose, writeThenClose, manySlices, largeSlices, streamed, unixWrite, drainedShutdown,
	heldInput, untakenInput, takeNothing,
	outOfDescriptors, addressAgain, liveUnixSocket,
	dialInHandler, dialAfterStop, writeAfterStop, foreignDescriptor, panickingHandler,
}

// Named returns the trap of that name, or nil.
func Named(name string) *Trap {
	for _, t := range All {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// A Verdict is how a case has ended.
type Verdict string

// The verdicts.
const (
	Passes Verdict = "passes"
	Fails  Verdict = "fails"
	Absent Verdict = "absent" // the library has nothing that could fail
)

// An Outcome is the verdict and why.
type Outcome struct {
	Verdict Verdict
	Note    string
}

// Run drives s into the trap.
func (t *Trap) Run(s *Subject) Outcome {
	if why := s.Absent[t]; why != "" {
		return Outcome{Absent, why}
	}
	err := t.run(s)
	var remark *remarkError
	o := Outcome{Verdict: Passes, Note: s.Ways[t]}
	switch {
	case errors.As(err, &remark):
		o.note(remark.text)
	case err != nil:
		o.Verdict = Fails
		o.note(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return o
}

func (o *Outcome) note(text string) {
	if o.Note != "" {
		o.Note += ": "
	}
	o.Note += text
}

// A remarkError is a remark on a case that passes.
type remarkError struct{ text string }

func (e *remarkError) Error() string { return e.text }

func fine(format string, args ...any) error { return &remarkError{fmt.Sprintf(format, args...)} }
