package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress tells how far the scenarios are: as a bar on a terminal, and
// otherwise as a line for each. It speaks only between measurements, so that
// it does not appear in them.
type progress struct {
	w    io.Writer
	bar  *progressbar.ProgressBar // nil: no terminal
	time time.Duration            // of each scenario
	ends int                      // where the bar stands after this one
}

// steps is what one scenario adds to the bar.
const steps = 11 // a tenth for the warm-up

func newProgress(w io.Writer, list []scenario, d time.Duration) *progress {
	p := &progress{w: w, time: d}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(steps*len(list),
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetWidth(30),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish())
	}
	return p
}

func (p *progress) begin(s *scenario) {
	p.ends += steps
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-22s", s.name))
	}
}

// warm tells that the warm-up is over.
func (p *progress) warm() {
	if p.bar != nil {
		_ = p.bar.Set(p.ends - steps + 1)
	}
}

func (p *progress) done(r *result) {
	if p.bar != nil {
		_ = p.bar.Set(p.ends)
		return
	}
	fmt.Fprintf(p.w, "%-22s %11s requests/s\n", r.Scenario, grouped(r.OpsPerSec))
}

// skip tells why a scenario is left out, whether on a terminal or not.
func (p *progress) skip(s *scenario, why error) {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Set(p.ends)
	}
	fmt.Fprintf(p.w, "%-22s skipped: %v\n", s.name, why)
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
