package luasocket

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kharon-net/kharon/sockets"
)

// maxLine bounds a line, and what "*a" collects: 1 GiB.
const maxLine = 1 << 30

// Receive reads by a pattern: "*l", or "", is a line, without its "\n" and
// without any "\r"; "*a" is all until the end of the stream; a number is so many
// bytes. The prefix comes before what is read, and counts as a part of it: so a
// call goes on where another one has stopped. Another pattern is
// sockets.ErrInvalid. Safe to call from any goroutine.
//
// When it fails partial is the prefix and what has come, and the error
// "closed", "timeout" or another text. In the manner of Tarantool, see
// TCP.Tarantool, what has come before a timeout stays for the next call, and
// partial is "".
func (c *TCP) Receive(pattern string, prefix ...string) (data, partial string, err error) {
	before := strings.Join(prefix, "")
	switch pattern {
	case "", "*l":
		return c.receive(before, []string{"\n"}, sockets.Bound{})
	case "*a":
		return c.receive(before, nil, sockets.Bound{})
	}
	n, err := strconv.Atoi(pattern)
	if err != nil {
		return "", "", fmt.Errorf("luasocket: invalid receive pattern %q: %w", pattern, sockets.ErrInvalid)
	}
	return c.ReceiveN(n, prefix...)
}

// ReceiveN is Receive of n bytes, of which the prefix is a part. None are "" at
// once, and less is sockets.ErrInvalid. Safe to call from any goroutine.
func (c *TCP) ReceiveN(n int, prefix ...string) (data, partial string, err error) {
	before := strings.Join(prefix, "")
	if n < 0 {
		return "", "", fmt.Errorf("luasocket: negative number of bytes: %w", sockets.ErrInvalid)
	}
	if n <= len(before) {
		return before, "", nil
	}
	return c.receive(before, nil, sockets.AtMost(n-len(before)))
}

func (c *TCP) receive(before string, delims []string, most sockets.Bound) (data, partial string, err error) {
	c.s.SetMaxLine(maxLine)
	timeout := c.limit()
	if timeout <= 0 {
		timeout = sockets.NoWait
	}
	got, which, err := c.s.ReadOpts(sockets.ReadOptions{Delims: delims, Limit: most, Trim: true, Timeout: timeout})
	if errors.Is(err, sockets.ErrTimeout) && !c.tarantool.Load() {
		got = c.takePartial()
	}
	c.received.Add(int64(len(got)))
	text := string(got)
	switch {
	case err == nil && which >= 0:
		c.received.Add(int64(len(delims[which])))
		return before + strings.ReplaceAll(text, "\r", ""), "", nil
	case err == nil:
		return before + text, "", nil
	case errors.Is(err, sockets.ErrTimeout) && c.tarantool.Load():
		return "", "", c.fail(err)
	}
	return "", before + text, c.fail(err)
}

// takePartial takes what came before a timeout.
func (c *TCP) takePartial() []byte {
	got, _ := c.s.ReadN(c.s.Buffered(), sockets.NoWait)
	return got
}

// Send sends data, or the part from byte i to byte j, counted from 1, or from
// the end when negative. It returns the number of the last byte that has gone,
// also when it fails: with "timeout", "closed" or another text. Safe to call
// from any goroutine.
func (c *TCP) Send(data string, ij ...int) (last int, err error) {
	i, j := 1, len(data)
	if len(ij) > 0 {
		i = position(ij[0], len(data))
	}
	if len(ij) > 1 {
		j = position(ij[1], len(data))
	}
	i, j = max(i, 1), min(j, len(data))
	sent := 0
	if i <= j {
		sent, err = c.s.WriteTimeout([]byte(data[i-1:j]), c.limit())
		c.sent.Add(int64(sent))
	}
	return i - 1 + sent, c.fail(err)
}

// position counts a negative number from the end.
func position(i, length int) int {
	if i < 0 {
		return length + i + 1
	}
	return i
}

// Getstats returns how many bytes were received and sent, and how many seconds
// ago the object was made. Safe to call from any goroutine.
func (c *TCP) Getstats() (received, sent int64, age float64) {
	return c.received.Load(), c.sent.Load(), time.Since(c.born).Seconds()
}
