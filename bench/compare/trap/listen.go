//go:build linux

package trap

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/bench/compare/usage"
)

// This file is about servers that end, and addresses.

func echo(c conn, p []byte) { _ = c.write(append([]byte(nil), p...)) }

var outOfDescriptors = &Trap{"emfile", "running out of descriptors in accept harms nobody: open connections go on, and later ones are served",
	func(s *Subject) error {
		srv, err := s.start(App{data: echo})
		if err != nil {
			return err
		}
		old, err := dial(srv.addr)
		if err != nil {
			return err
		}
		if err := echoes(old); err != nil {
			return fmt.Errorf("before: %w", err)
		}
		late, err := newSocket()
		if err != nil {
			return err
		}
		release, err := exhaust()
		if err != nil {
			return err
		}
		err = connect(late, srv.addr)
		busy := busyFor(moment) // accept fails meanwhile
		release()
		if err == nil && busy > 0.5 {
			err = fmt.Errorf("it takes %.0f %% of a processor to wait for a descriptor", 100*busy)
		}
		return errors.Join(err, named("the open connection", echoes(old)), named("the one that came meanwhile", lateEchoes(late)),
			named("a later one", laterEchoes(srv.addr)))
	}}

// busyFor waits and returns what part of the time the process was at work.
func busyFor(d time.Duration) float64 {
	before, _ := usage.Self()
	time.Sleep(d)
	after, _ := usage.Self()
	return after.Minus(before).Total().Seconds() / d.Seconds()
}

func named(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %s", what, ending(err))
	}
	return nil
}

// newSocket makes a socket while there are descriptors, to connect it later.
func newSocket() (fd int, err error) {
	return unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

func connect(fd int, addr string) error {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return err
	}
	return unix.Connect(fd, &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())})
}

// exhaust takes every descriptor that is left.
func exhaust() (release func(), err error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return nil, err
	}
	less := lim
	less.Cur = 128
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &less); err != nil {
		return nil, err
	}
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	taken := []int{null}
	for {
		fd, err := unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	return func() {
		for _, fd := range taken {
			_ = unix.Close(fd)
		}
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	}, nil
}

func lateEchoes(fd int) error {
	f := os.NewFile(uintptr(fd), "late")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return err
	}
	return echoes(c)
}

func laterEchoes(addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	return echoes(c)
}

var addressAgain = &Trap{"restart", "with its defaults, a server that closed connections can be started again on its port at once", func(s *Subject) error {
	app := App{data: func(c conn, _ []byte) { _ = c.close() }}
	srv, err := s.start(app)
	if err != nil {
		return err
	}
	c, err := ask(srv.addr, "close")
	if err != nil {
		return err
	}
	if err := whole(c, 0, true); err != nil {
		return err
	}
	c.Close()
	time.Sleep(50 * time.Millisecond)
	if err := within(patience, "stop", srv.stop); err != nil {
		return err
	}
	_, err = s.serve("tcp", srv.addr, app)
	return err
}}

var liveUnixSocket = &Trap{"unix-in-use", "listening on the path of a unix socket that is served is refused", func(s *Subject) error {
	path, remove, err := socketPath()
	if err != nil {
		return err
	}
	defer remove()
	if _, err := s.serve("unix", path, App{data: echo}); err != nil {
		return err
	}
	if _, err := s.serve("unix", path, App{data: echo}); err == nil {
		return errors.New("the second server removes the first one's socket")
	}
	return laterEchoes(path)
}}
