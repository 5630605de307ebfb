package reactortest

import (
	"fmt"
	"runtime"
	"testing"
)

// recorder is a testing.TB that notes how a helper ended its test. Like the real one, it then ends the goroutine.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.outcome = "fatal: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.outcome = "skip: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// record returns how f ended its test: with "fatal: " or "skip: " and the message, or "" when it returned.
func record(t *testing.T, f func(testing.TB)) string {
	r := &recorder{TB: t}
	done := make(chan struct{}) // closed by the goroutine, which is waited for here
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.outcome
}
