package sockets

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

var waitCases = []conformance{
	{name: "C073 an idle connection is writable", run: onPair(func(t *caseT, c, _ *Socket) {
		wantReady(t, false)(c.Readable(0))
		wantReady(t, true)(c.Writable(0))
		wantEvents(t, Writable)(c.Wait(0))
		wantEvents(t, Writable)(c.Wait(100 * time.Second))
	})},
	{name: "C074 with data it is both", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "x")
		wantReady(t, true)(s.Readable(soon))
		wantEvents(t, Readable|Writable)(s.Wait(Forever))
	})},
	{name: "C075 a wait that is over is no error", run: onPair(func(t *caseT, c, _ *Socket) {
		t.stuff(c)
		ev, err := c.Wait(short)
		wantEvents(t, 0)(ev, err)
		if ev.String() != "" || c.LastError() != nil {
			t.Errorf("%q, %v", ev, c.LastError())
		}
	})},
	{name: "C076 IOWait, by letters and by numbers", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "x")
		wantReady(t, true)(s.Readable(soon))
		for letters, want := range map[string]Events{"RW": 3, "R": 1, "r": 1, "W": 2, "w": 2, "wr": 3, "rrR": 1} {
			ev, err := ParseEvents(letters)
			t.must(err)
			got, err := IOWait(s.FD(), ev, soon)
			wantEvents(t, want)(got, err)
		}
	})},
	{name: "C077 IOWait for nothing is refused", run: onPair(func(t *caseT, c, _ *Socket) {
		for _, letters := range []string{"", "x", "1", "RX"} {
			_, err := ParseEvents(letters)
			wantIs(t, err, ErrInvalid, syscall.EINVAL)
		}
		for _, ev := range []Events{0, 4, 255} {
			_, err := IOWait(c.FD(), ev, short)
			wantIs(t, err, ErrInvalid, syscall.EINVAL)
		}
		_, err := c.WaitFor(0, short)
		wantIs(t, err, ErrInvalid)
	})},
	{name: "C078 IOWait waits, or does not", run: onPair(func(t *caseT, c, s *Socket) {
		ctx, cancel := context.WithTimeout(t.ctx, short)
		defer cancel()
		begin := time.Now()
		_, err := IOWaitContext(ctx, s.FD(), Readable)
		wantTimeout(t, err)
		wantElapsed(t, begin, short)
		send(t, c, "x")
		wantReady(t, true)(s.Readable(soon))
		wantEvents(t, Readable)(IOWait(s.FD(), Readable, -100500*time.Second))
		if !t.fiber() { // which must use a context to wait
			_, _ = s.Recv(1)
			begin = time.Now()
			wantEvents(t, 0)(IOWait(s.FD(), Readable, short))
			wantElapsed(t, begin, short)
		}
	})},
	{name: "C079 IOWait for other descriptors", run: func(t *caseT) {
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		t.must(err)
		defer f.Close()
		wantEvents(t, Readable|Writable)(IOWait(int(f.Fd()), Readable|Writable, 0))
		_, err = IOWait(1<<20, Readable|Writable, short)
		wantIs(t, err, syscall.EBADF)
		r, w, err := os.Pipe()
		t.must(err)
		defer r.Close()
		defer w.Close()
		wait := t.spawn(func(t *caseT) { t.sleep(short); _, _ = w.WriteString("x") })
		got, err := IOWaitContext(t.ctx, int(r.Fd()), Readable)
		wantEvents(t, Readable)(got, err)
		wait()
	}},
	{name: "C080 after the peer has closed it is both", run: onPair(func(t *caseT, c, s *Socket) {
		t.must(c.Close())
		wantReady(t, true)(s.Readable(soon))
		wantEvents(t, Readable|Writable)(s.Wait(0))
	})},
	{name: "C081 waits for both directions do not disturb each other", run: onPair(func(t *caseT, c, _ *Socket) {
		begin := time.Now()
		wait := t.spawn(func(t *caseT) {
			wantReady(t, false)(c.WithContext(t.ctx).Readable(4 * short))
			wantElapsed(t, begin, 4*short)
		})
		wantReady(t, true)(c.Writable(4 * short))
		wait()
	})},
	{name: "C082 all who wait are woken", run: onPair(func(t *caseT, c, s *Socket) {
		var waits []func()
		for range 2 {
			waits = append(waits, t.spawn(func(t *caseT) { wantReady(t, true)(s.WithContext(t.ctx).Readable(soon)) }))
		}
		t.sleep(short)
		send(t, c, "x")
		for _, wait := range waits {
			wait()
		}
	})},
	{name: "C083 Close ends a read that waits", run: onPair(func(t *caseT, _, s *Socket) {
		_, err := t.during(s, func() { _ = s.Close() })
		wantIs(t, err, net.ErrClosed)
	})},
	{name: "C084 Close ends a wait for readiness", run: onPair(func(t *caseT, _, s *Socket) {
		wait := t.spawn(func(t *caseT) {
			_, err := s.WithContext(t.ctx).Readable(soon)
			wantIs(t, err, net.ErrClosed)
		})
		t.sleep(short)
		t.must(s.Close())
		wait()
	})},
	{name: "C085 ShutRead ends a read that waits", run: onPair(func(t *caseT, _, s *Socket) {
		_, err := t.during(s, func() { _ = s.Shutdown(ShutRead) })
		if !isEOF(err) {
			t.Errorf("error is %v, want io.EOF", err)
		}
	})},
	{name: "C086 the end of a context takes nothing", run: onPair(func(t *caseT, c, s *Socket) {
		ctx, cancel := context.WithCancel(t.ctx)
		wait := t.spawn(func(t *caseT) { t.sleep(short); cancel() })
		_, err := s.WithContext(ctx).ReadN(5, Forever)
		wantIs(t, err, context.Canceled)
		if ne, ok := err.(net.Error); !ok || ne.Timeout() { //nolint:errorlint // as a caller would
			t.Errorf("%v says Timeout", err)
		}
		wait()
		send(t, c, "12345")
		wantBytes(t, "12345", nil)(s.ReadN(5, soon))
	})},
}

// during calls f while a read of s waits and returns what the read brings.
func (t *caseT) during(s *Socket, f func()) (got []byte, err error) {
	t.Helper()
	wait := t.spawn(func(t *caseT) { got, err = s.WithContext(t.ctx).ReadN(5, soon) })
	t.until("the read waits", func() bool { return s.reads.count.Load() > 0 })
	t.sleep(time.Millisecond)
	f()
	wait()
	return got, err
}

// TestFailuresTakeNothing looks at what is left by calls of
// many kinds that fail.
func TestFailuresTakeNothing(t *testing.T) {
	c, s := pair(t)
	send(t, c, "abc")
	wantBytes(t, "abc", nil)(s.Peek(3, soon))
	ctx, cancel := context.WithCancel(background)
	cancel()
	for _, f := range []func() error{
		func() error { _, err := s.ReadN(4, 0); return err },
		func() error { _, err := s.ReadUntil(0, "\n"); return err },
		func() error { _, err := s.ReadFull(make([]byte, 4), 0); return err },
		func() error { _, err := s.Peek(4, 0); return err },
		func() error { _, err := s.WithContext(ctx).ReadN(4, Forever); return err },
		func() error { _, err := s.ReadUntil(0); return err },
		func() error { _, err := s.Recv(-7); return err },
		func() error {
			_, err := readOpts(s, ReadOptions{Limit: AtMost(3), Delims: []string{"x"}, Strict: true})
			return err
		},
	} {
		if f() == nil {
			t.Error("no error")
		}
		if n := s.Buffered(); n != 3 {
			t.Fatalf("%d bytes are left, want 3", n)
		}
	}
	_ = c.Close()
	wantBytes(t, "abc", io.ErrUnexpectedEOF)(s.ReadN(4, soon))
}
