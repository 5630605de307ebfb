package reactor

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/valyala/bytebufferpool"
)

const (
	// fileStep is how much of a file goes with one system call at most, in
	// bytes: others on the loop have their turn in between.
	fileStep = 1 << 20
	// copyStep is the same where the bytes pass through our memory.
	copyStep = 128 << 10
)

// A ShortFileError tells that a file had fewer bytes than were to be sent. It
// is also io.ErrUnexpectedEOF.
type ShortFileError struct {
	Name    string // of the file
	Offset  int64  // where the file ended
	Missing int64  // bytes that were to follow
}

// Error returns the file's name and the two numbers as text.
func (e *ShortFileError) Error() string {
	return fmt.Sprintf("reactor: file %s ends at %d, %d bytes before what was to be sent", e.Name, e.Offset, e.Missing)
}

// Unwrap returns io.ErrUnexpectedEOF.
func (*ShortFileError) Unwrap() error { return io.ErrUnexpectedEOF }

// A filePart is a part of a file on its way to a peer. It has a descriptor of
// its own. Owned by the output it is queued in, and by its writer.
type filePart struct {
	fd   int
	name string
	at   int64 // where the next byte is
	left int64 // bytes still to be sent
	copy bool  // the kernel can not send it by itself
}

// openPart makes a part of f: length bytes from offset on, or all from there
// when length is negative.
func openPart(f *os.File, offset, length int64) (*filePart, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*filePart, error) {
		return nil, &os.PathError{Op: "send", Path: f.Name(), Err: err}
	}
	switch size := info.Size(); {
	case !info.Mode().IsRegular():
		return fail(fmt.Errorf("%w: not a regular file: %v", os.ErrInvalid, info.Mode()))
	case offset < 0:
		return fail(fmt.Errorf("%w: the offset is %d, want 0 or more", os.ErrInvalid, offset))
	case length < 0:
		length = max(size-offset, 0)
	case length > size-offset:
		return nil, &ShortFileError{Name: f.Name(), Offset: size, Missing: length - (size - offset)}
	}
	if int64(int(length)) != length {
		return fail(fmt.Errorf("%w: %d bytes are more than can be queued on this system", os.ErrInvalid, length))
	}
	fd, err := sysDupFile(f)
	if err != nil {
		return fail(err)
	}
	return &filePart{fd: fd, name: f.Name(), at: offset, left: length}, nil
}

func (f *filePart) close() { _ = sysClose(f.fd) }

// next returns how many bytes the next send tries.
func (f *filePart) next() int {
	if f.copy {
		return int(min(f.left, copyStep))
	}
	return int(min(f.left, fileStep))
}

// send makes one attempt at sending some of the file to fd. The error is
// EAGAIN, a *ShortFileError, or the system call's.
func (f *filePart) send(fd int) (n int, err error) {
	if !f.copy {
		n, err = sysSendfile(fd, f.fd, f.at, f.next())
		switch err {
		case syscall.EINVAL, syscall.ENOSYS, syscall.EOPNOTSUPP: // not this file, or not on this system
			f.copy = true
		case nil, syscall.EAGAIN:
		default:
			err = os.NewSyscallError("sendfile", err)
		}
	}
	if f.copy {
		n, err = f.pass(fd)
	}
	f.at += int64(n)
	f.left -= int64(n)
	if n == 0 && err == nil && f.left > 0 {
		err = &ShortFileError{Name: f.name, Offset: f.at, Missing: f.left}
	}
	return n, err
}

// pass sends what it reads. The bytes that the kernel does not take are read
// again.
func (f *filePart) pass(fd int) (int, error) {
	b := bytebufferpool.Get()
	defer bytebufferpool.Put(b)
	if cap(b.B) < copyStep {
		b.B = make([]byte, copyStep)
	}
	p := b.B[:f.next()]
	n, err := sysPread(f.fd, p, f.at)
	if err != nil {
		return 0, os.NewSyscallError("pread", err)
	}
	if n == 0 {
		return 0, nil
	}
	n, err = sysWrite(fd, p[:n])
	if err == nil || err == syscall.EAGAIN {
		return n, err
	}
	return n, os.NewSyscallError("write", err)
}
