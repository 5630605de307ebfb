package netbox

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.MainWith(m, reactortest.Options{After: stopDefault}) }

// stopDefault ends the default reactor, which the connections of the tests share.
func stopDefault() {
	if r, err := reactor.Default(); err == nil {
		_ = r.Close()
	}
}

// patience is a context for what ought to happen at once.
func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), reactortest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// connect connects for the time of the test.
func connect(t testing.TB, addr string, opts Options) *Conn {
	t.Helper()
	c, err := Connect(patience(t), addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
