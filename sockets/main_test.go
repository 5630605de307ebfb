package sockets

import (
	"context"
	"os"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) {
	if args := os.Getenv(clientEnv); args != "" {
		echoClient(args) // the client process of the benchmark
		return
	}
	reactortest.MainWith(m, reactortest.Options{After: func() {
		if r, err := reactor.Default(); err == nil {
			_ = r.Shutdown(context.Background()) // waits for every socket
		}
	}})
}
