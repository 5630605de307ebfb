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

func TestAProcessThatIsNotThereIsAnError(t *testing.T) {
	if _, err := usage.Of(1 << 30); err == nil {
		t.Error("no error")
	}
}
