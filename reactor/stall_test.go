package reactor_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

const stall = 20 * time.Millisecond

// block is what a handler must not do.
func block() { time.Sleep(stall) }

func blockInTask()                 { block() }
func blockInTimer()                { block() }
func blockInFiber(context.Context) { block() }
func blockInWoken(ctx context.Context) {
	_ = reactor.Yield(ctx)
	block()
}

func blockAtArrival(*reactor.Conn) reactor.Handler {
	block()
	return &handler{}
}

// sloth is a handler that blocks.
type sloth struct{}

func (sloth) OnData(_ *reactor.Conn, p []byte) int { block(); return len(p) }
func (sloth) OnClose(*reactor.Conn, error)         {}

func TestStallNamesWhoeverHasMadeIt(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(t *testing.T, r *reactor.Reactor)
		want string
	}{
		"a connection": {func(t *testing.T, r *reactor.Reactor) {
			ln := listen(t, r, func(*reactor.Conn) reactor.Handler { return sloth{} })
			_, _ = dial(t, ln).Write([]byte("x"))
		}, "reactor_test.sloth of the connection from 127.0.0.1:"},
		"an arrival": {func(t *testing.T, r *reactor.Reactor) {
			dial(t, listen(t, r, blockAtArrival))
		}, "reactor_test.blockAtArrival"},
		"a task among others": {func(_ *testing.T, r *reactor.Reactor) {
			_ = r.Loop(0).Post(func() { // so that they come together
				for i := range 100 {
					if i == 50 {
						_ = r.Loop(0).Post(blockInTask)
					}
					_ = r.Loop(0).Post(func() {})
				}
			})
		}, "the task github.com/kharon-net/kharon/reactor_test.blockInTask"},
		"a timer": {func(_ *testing.T, r *reactor.Reactor) {
			_ = r.Loop(0).Post(func() { r.Loop(0).AfterFunc(time.Microsecond, blockInTimer) })
		}, "the timer of github.com/kharon-net/kharon/reactor_test.blockInTimer"},
		"a fiber": {func(t *testing.T, r *reactor.Reactor) {
			goFiber(t, r.Loop(0), blockInFiber)
		}, "reactor_test.blockInFiber"},
		"a fiber that was woken": {func(t *testing.T, r *reactor.Reactor) {
			goFiber(t, r.Loop(0), blockInWoken)
		}, "reactor_test.blockInWoken"},
	} {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			r := start(t, reactor.Config{Loops: 1, StallAfter: stall / 2, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			tt.do(t, r)
			reactortest.Eventually(t, func() bool { return strings.Contains(string(log.Bytes()), tt.want) },
				"a line that names %q", tt.want)
			s := r.Stats()
			if s.Stalls == 0 || s.LongestTurn < stall {
				t.Errorf("%v", s)
			}
		})
	}
}
