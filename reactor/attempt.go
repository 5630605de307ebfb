package reactor

import (
	"net"
	"os"
	"syscall"
)

// An attempt is one socket that connects.
type attempt struct {
	race *race
	fd   int
	addr net.Addr
}

// ready is called by the loop with the outcome of the attempt.
func (a *attempt) ready(ev Events) {
	switch err := sysConnected(a.fd); err {
	case nil:
		if a.metItself() {
			a.race.fail(a, os.NewSyscallError("connect", syscall.ECONNREFUSED))
			return
		}
		a.race.win(a, ev)
	case syscall.EAGAIN:
	default:
		a.race.fail(a, err)
	}
}

// metItself reports whether a socket has connected to itself: TCP does that when
// nobody listens on a port of this machine and the system chooses the same one
// for this end.
func (a *attempt) metItself() bool {
	to, tcp := a.addr.(*net.TCPAddr)
	if !tcp {
		return false
	}
	from, ok := sysLocalAddr(a.fd).(*net.TCPAddr)
	return ok && from.Port == to.Port && from.IP.Equal(to.IP)
}

func (a *attempt) panicked(err *PanicError) { a.race.stop(err) }

func (a *attempt) drain() {} // the loop ends the race

func (a *attempt) stop() { a.race.stop(ErrStopped) }
