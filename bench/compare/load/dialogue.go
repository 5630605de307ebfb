//go:build linux

package load

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/bench/compare/peer"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Topic is what the connections talk about.
type Topic string

// The topics. Those of IPROTO have one sync number in all requests, so that all answers are of one size.
const (
	Echo    Topic = ""         // a message, which comes back
	Push    Topic = "push"     // one byte, for which the server sends a batch of messages
	UDPEcho Topic = "udp"      // a message in a datagram of its own, which comes back
	BoxPing Topic = "box-ping" // a PING
	BoxCall Topic = "box-call" // a CALL of echo with an integer
	BoxPush Topic = "box-push" // a CALL of push_n, for which chunks come, and an answer

	BoxPushAll Topic = "box-push-all" // a CALL of push_all, which is that at once

	BoxBroadcast Topic = "box-broadcast" // a CALL of broadcast, for which every other connection gets an event; see Audience
)

// BoxBatch is how many chunks a CALL of push_n asks for.
const BoxBatch = 1000

// A dialogue is what is said: requests, and answers of one size.
type dialogue struct {
	request  []byte
	answer   int   // bytes of an answer; 0 until it is known
	worth    int64 // messages in an answer
	greeting int   // bytes that the server says first
	packets  bool  // each request and each answer is a datagram
}

// dialogue returns what is said about a topic.
func (t Topic) dialogue() (d dialogue, err error) {
	switch t {
	case Echo:
		return dialogue{request: peer.Message, answer: peer.MessageSize, worth: 1}, nil
	case UDPEcho:
		return dialogue{request: peer.Message, answer: peer.MessageSize, worth: 1, packets: true}, nil
	case Push:
		return dialogue{request: []byte{1}, answer: peer.Batch * peer.MessageSize, worth: peer.Batch}, nil
	case BoxPing:
		return conversation(iproto.AppendPing(nil, 1, 0), 1), nil
	case BoxCall:
		return conversation(call("echo", 1), 1), nil
	case BoxPush:
		return conversation(call("push_n", BoxBatch), BoxBatch), nil
	case BoxPushAll:
		return conversation(call("push_all", BoxBatch), BoxBatch), nil
	}
	return d, fmt.Errorf("there is no topic %q", string(t))
}

// conversation is a dialogue of IPROTO.
func conversation(request []byte, worth int64) dialogue {
	return dialogue{request: request, worth: worth, greeting: iproto.GreetingSize}
}

// call is a CALL of a function with one argument.
func call(function string, arg int64) []byte {
	c := iproto.Call{Name: []byte(function), Args: msgp.AppendInt(msgp.AppendArrayHeader(nil, 1), arg)}
	out, mark := iproto.BeginFrame(nil)
	return iproto.EndFrame(c.Append(iproto.AppendRequestHeader(out, iproto.TypeCall, 1, 0)), mark)
}

// open reads the greeting, if there is one, and learns how long an answer is. The socket is still a blocking one.
func (d *dialogue) open(fd int) error {
	r := fdReader(fd)
	if _, err := io.CopyN(io.Discard, r, int64(d.greeting)); err != nil {
		return fmt.Errorf("reading the greeting: %w", err)
	}
	if d.answer > 0 {
		return nil
	}
	if err := d.send(fd, d.request); err != nil {
		return err
	}
	size, err := readAnswer(r)
	if err != nil {
		return fmt.Errorf("reading the first answer: %w", err)
	}
	d.answer = size
	return nil
}

// readAnswer reads packets up to the answer and returns how many bytes they had.
func readAnswer(r io.Reader) (size int, err error) {
	for {
		h, _, n, err := readPacket(r)
		size += n
		switch {
		case err != nil:
			return 0, err
		case h.Type == iproto.TypeOK:
			return size, nil
		case h.Type != iproto.TypeChunk:
			return 0, fmt.Errorf("an answer of type %v", h.Type)
		}
	}
}

// An fdReader reads a blocking socket.
type fdReader int

func (fd fdReader) Read(p []byte) (int, error) {
	n, err := unix.Read(int(fd), p)
	switch {
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// send writes all of p, which is never more than a socket's buffer holds.
func (d *dialogue) send(fd int, p []byte) error {
	size := len(p)
	if d.packets {
		size = len(d.request)
	}
	for ; len(p) > 0; p = p[size:] {
		if err := write(fd, p[:size]); err != nil {
			return err
		}
	}
	return nil
}
