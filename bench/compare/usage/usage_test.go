//go:build linux

package usage_test

import (
	"os"
	"testing"
	"time"

	"github.com/kharon-net/kharon/bench/compare/usage"
)

func TestBothWaysTellTheSameOfThisProcess(t *testing.T) {
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
	}
	self, err := usage.Self()
	if err != nil {
		t.Fatal(err)
	}
	other, err := usage.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if self.Total() < 50*time.Millisecond || (other.Total()-self.Total()).Abs() > 40*time.Millisecond {
		t.Errorf("getrusage tells %v, proc %v", self, other)
	}
}

func TestPeakIsThatOfMemoryThatWasTouched(t *testing.T) {
	before, err := usage.Peak(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	p := make([]byte, size)
	for i := range p {
		p[i] = 1
	}
	after, err := usage.Peak(os.Getpid())
	if grown := after - before; err != nil || grown < size-1<<20 || grown > size+16<<20 {
		t.Errorf("%d bytes more after %d were touched, %v", grown, len(p), err)
	}
}

func TestAProcessThatIsNotThereIsAnError(t *testing.T) {
	if _, err := usage.Of(1 << 30); err == nil {
		t.Error("no error")
	}
	if _, err := usage.Peak(1 << 30); err == nil {
		t.Error("no error of Peak")
	}
}
