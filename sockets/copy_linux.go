package sockets

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// maxCopy is the most one call copies, so that a fiber's loop is not kept busy.
const maxCopy = 1 << 20

// sysSendFile sends up to left bytes from where the file is.
func sysSendFile(fd int, file syscall.RawConn, left int64) (int64, error) {
	n, err := 0, error(nil)
	if e := file.Control(func(in uintptr) {
		for {
			if n, err = unix.Sendfile(fd, int(in), nil, int(min(left, maxCopy))); err != unix.EINTR {
				return
			}
		}
	}); e != nil {
		err = e
	}
	return int64(max(n, 0)), err
}

// notForFiles reports that a descriptor is none that such a copy works for.
func notForFiles(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP
}

func isAgain(err error) bool { return err == unix.EAGAIN }

// A pipe carries bytes between two sockets within the system.
type pipe struct {
	r, w int
}

func openPipe() (*pipe, error) {
	var fds [2]int
	err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK)
	return &pipe{fds[0], fds[1]}, err
}

func (p *pipe) close() {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}

// fill moves bytes from a socket; 0 without an error is its end.
func (p *pipe) fill(fd int) (int, error) { return move(fd, p.w, maxCopy) }

// drain moves bytes to a socket.
func (p *pipe) drain(fd, n int) (int, error) { return move(p.r, fd, n) }

func move(from, to, n int) (int, error) {
	for {
		m, err := unix.Splice(from, nil, to, nil, n, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		if err != unix.EINTR {
			return int(max(m, 0)), err
		}
	}
}
