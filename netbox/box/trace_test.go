package box

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestTraceIsToldWhatHappens(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(mode.String(), func(t *testing.T) {
			var mu sync.Mutex
			var log []string
			note := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				log = append(log, fmt.Sprintf(format, args...))
			}
			srv, addr := start(t, Config{Mode: mode, Trace: &Trace{
				Connected:    func(s Session) { note("connected %d", s.ID()) },
				Disconnected: func(s Session, err error) { note("disconnected %d %v", s.ID(), err) },
				RequestStart: func(req *Request) { note("start %s", req.Function()) },
				RequestEnd: func(req *Request, took time.Duration, err error) {
					if took <= 0 {
						t.Errorf("it took %v", took)
					}
					note("end %s %v", req.Function(), err)
				},
			}})
			srv.Func("bad", func(context.Context, *Request) (any, error) { return nil, errors.New("boom") })
			c := dialRaw(t, addr)
			for _, name := range []string{"echo", "bad", "panic", "echo"} {
				c.write(call(1, name, "x"))
				c.take()
			}
			c.hangUp("close")
			want := []string{"connected 1", "start echo", "end echo <nil>", "start bad", "end bad boom", "start panic",
				"end panic handler panicked: x", "start echo", "end echo <nil>", "disconnected 1 EOF"}
			reactortest.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(log) == len(want) }, "%d events", len(want))
			if got := fmt.Sprint(log); got != fmt.Sprint(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestStatistics(t *testing.T) {
	srv, addr := start(t, Config{AuthDelay: -1})
	c := dialRaw(t, addr)
	before := srv.Stats()
	c.write(call(1, "push_n", 3))
	c.skipPushes(1)
	c.write(call(2, "fail", "x"))
	c.take()
	c.write(frame(t, "82 01 03 00 40 c1")) // malformed: counted as a request and as an error
	c.take()
	c.write(c.auth(4, "nobody", ""))
	c.take()
	c.watch("k")
	c.take()
	c.expectAlive()
	reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInProgress == 0 }, "the requests to end")
	s := srv.Stats()
	for _, tt := range []struct {
		name      string
		got, want uint64
	}{
		{"Connections", uint64(s.Connections), 1},
		{"ConnectionsTotal", s.ConnectionsTotal, 1},
		{"Requests", s.Requests - before.Requests, 6},
		{"Errors", s.Errors - before.Errors, 3},
		{"Pushes", s.Pushes, 3},
		{"Events", s.Events, 1},
		{"Watchers", uint64(s.Watchers), 1},
		{"AuthFailures", s.AuthFailures, 1},
		{"Sessions", s.Sessions, 1},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %d, want %d", tt.name, tt.got, tt.want)
		}
	}
	if s.Sent <= before.Sent {
		t.Errorf("%d bytes sent", s.Sent)
	}
	c.hangUp("close")
	reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 0 }, "the session to end")
	if after := srv.Stats(); after.Requests != s.Requests || after.Sent < s.Sent || after.Pushes != 3 {
		t.Errorf("what a session has done is forgotten: %+v", after)
	}
}
