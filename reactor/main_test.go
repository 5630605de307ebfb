package reactor_test

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) {
	reactortest.MainWith(m, reactortest.Options{After: func() {
		if r, err := reactor.Default(); err == nil {
			_ = r.Shutdown(context.Background())
		}
	}})
}
