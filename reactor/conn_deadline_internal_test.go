package reactor

import (
	"testing"
	"time"
)

func TestFirstLimitComesFirst(t *testing.T) {
	const now = 100 * time.Second
	for name, c := range map[string]struct {
		limits           limits
		active, outgoing time.Duration
		queued           int
		paused, eof      bool
		want             time.Duration
		reason           error
	}{
		"none":                           {},
		"idle since a byte came":         {limits: limits{idle: 10}, active: 20, outgoing: 5, want: 30, reason: ErrIdleTimeout},
		"idle since a byte left":         {limits: limits{idle: 10}, active: 20, outgoing: 25, want: 35, reason: ErrIdleTimeout},
		"read":                           {limits: limits{read: 7, idle: 10}, active: 20, want: 7, reason: ErrReadTimeout},
		"read, but paused":               {limits: limits{read: 7, idle: 10}, active: 20, paused: true, want: 30, reason: ErrIdleTimeout},
		"read, but the peer has ended":   {limits: limits{read: 7}, eof: true},
		"write to come":                  {limits: limits{write: now + 1, read: now + 2}, want: now + 1, reason: ErrWriteTimeout},
		"write that has passed":          {limits: limits{write: now - 1}},
		"write that passed, with output": {limits: limits{write: now - 1, read: now + 2}, queued: 1, want: now - 1, reason: ErrWriteTimeout},
		"the first of all":               {limits: limits{write: now + 2, read: now + 3, idle: now - 99}, active: 100, want: now + 1, reason: ErrIdleTimeout},
	} {
		conn := &Conn{limits: &c.limits, active: c.active, paused: c.paused, eof: c.eof}
		conn.out.active, conn.out.size = c.outgoing, c.queued
		if at, reason := conn.nextLimit(now); at != c.want || reason != c.reason { //nolint:errorlint // our own values
			t.Errorf("%s: %d, %v, want %d, %v", name, at, reason, c.want, c.reason)
		}
	}
}
