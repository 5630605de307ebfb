//go:build linux

package load

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/bench/compare/usage"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A caller is a blocking connection with one call at a time.
type caller struct{ fd int }

// send calls a function with one argument.
func (c caller) send(function string, arg int64) error { return write(c.fd, call(function, arg)) }

// receive returns the results of the call.
func (c caller) receive() (results msgp.Array, err error) {
	h, body, _, err := readPacket(fdReader(c.fd))
	switch {
	case err != nil:
		return results, err
	case h.Type.IsError():
		e, err := iproto.ParseError(h.Type.Code(), body)
		if err == nil {
			err = e
		}
		return results, err
	case h.Type != iproto.TypeOK:
		return results, fmt.Errorf("an answer of type %v", h.Type)
	}
	data, _, err := iproto.ParseData(body)
	if err != nil {
		return results, err
	}
	return msgp.NewArray(data)
}

// usage asks the server for the processor time it has used.
func (c caller) usage() (cpu usage.CPU, err error) {
	if err := c.send("cpu", 0); err != nil {
		return cpu, err
	}
	r, err := c.receive()
	if err != nil {
		return cpu, err
	}
	cpu = usage.CPU{User: time.Duration(r.Int(0)) * time.Microsecond, System: time.Duration(r.Int(1)) * time.Microsecond}
	return cpu, r.Err()
}

// write sends p, which is never more than a socket's buffer holds.
func write(fd int, p []byte) error {
	n, err := unix.Write(fd, p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return os.NewSyscallError("write", err)
}

// readPacket reads one packet: its header, its body and how many bytes it has in all.
func readPacket(r io.Reader) (h iproto.Header, body []byte, size int, err error) {
	var prefix [5]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return h, nil, 0, err
	}
	length, n, err := iproto.ParseFrameLength(prefix[:], 1<<20)
	if err != nil || n != len(prefix) {
		return h, nil, 0, fmt.Errorf("no packet begins with % x: %w", prefix, err)
	}
	packet := make([]byte, length)
	if _, err := io.ReadFull(r, packet); err != nil {
		return h, nil, 0, err
	}
	h, n, err = iproto.ParseHeader(packet)
	return h, packet[min(n, len(packet)):], len(prefix) + len(packet), err
}
