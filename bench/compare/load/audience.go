//go:build linux

package load

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/bench/compare/usage"
	"github.com/kharon-net/kharon/codec/iproto"
)

// An Audience is clients of IPROTO that all want the same news. They watch a
// key, and acknowledge each event when all of them have it; at a server that
// knows no WATCH each has a call of subscribe under way, which pushes.
//
// One more connection has the server make news, and asks for its processor
// time before and after.
type Audience struct {
	control caller
	epoll   int
	members []*member // by index, which is what epoll hands back
	watch   []byte    // the acknowledgement; nil: none is wanted
	size    int       // bytes of an event
	value   int64     // of the last event
	buf     []byte
	events  []unix.EpollEvent
	lat     *latencies
}

// A member is one client.
type member struct {
	fd  int
	due int // bytes of the event under way
}

// broadcastKey is what is watched.
const broadcastKey = "news"

// Gather connects size clients to addr.
func Gather(addr string, size int) (a *Audience, err error) {
	a = &Audience{buf: make([]byte, 4096), events: make([]unix.EpollEvent, 1024), lat: newLatencies(), value: 1 << 40}
	if a.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := a.gather(addr, size); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

func (a *Audience) gather(addr string, size int) error {
	fd, version, err := connect(addr)
	if err != nil {
		return err
	}
	a.control = caller{fd}
	join := call("subscribe", 0)
	if knowsWatch(version) {
		join = iproto.AppendWatch(nil, broadcastKey)
		a.watch = join
	}
	for range size {
		fd, _, err := connect(addr)
		if err != nil {
			return err
		}
		a.members = append(a.members, &member{fd: fd})
		if err := write(fd, join); err != nil {
			return err
		}
		if a.watch != nil { // the first event comes at once
			if _, err := readEvent(fd); err != nil {
				return err
			}
		}
	}
	return a.rehearse()
}

// knowsWatch reports whether a Tarantool of this version has watchers, as those
// from 2.10 on have.
func knowsWatch(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && (major > 2 || major == 2 && minor >= 10)
}

// rehearse makes news for the first time, from which the size of an event is
// learned.
func (a *Audience) rehearse() error {
	if _, err := a.acknowledge(); err != nil {
		return err
	}
	if err := a.control.send("broadcast", a.value); err != nil {
		return err
	}
	for i, m := range a.members {
		var err error
		if a.size, err = readEvent(m.fd); err != nil {
			return fmt.Errorf("the first event of client %d: %w", i, err)
		}
		if err := unix.SetNonblock(m.fd, true); err != nil {
			return err
		}
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET&0xffffffff, Fd: int32(i)}
		if err := unix.EpollCtl(a.epoll, unix.EPOLL_CTL_ADD, m.fd, &ev); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	_, err := a.control.receive()
	return err
}

// Close closes the connections.
func (a *Audience) Close() {
	for _, m := range a.members {
		_ = unix.Close(m.fd)
	}
	_ = unix.Close(a.control.fd)
	_ = unix.Close(a.epoll)
}

// Run makes news for d, again when all have them. An op is an event that came;
// the latencies are until the last client has it. The processor times are those
// from the call that makes news to the last client; the acknowledgements are
// apart.
func (a *Audience) Run(d time.Duration) (r Result, err error) {
	r.Server, r.Acks = &usage.CPU{}, &usage.CPU{}
	for began := time.Now(); r.Ops == 0 || time.Since(began) < d; {
		if err := a.round(&r); err != nil {
			return Result{}, err
		}
	}
	r.P50, r.P99 = a.lat.drain()
	return r, nil
}

// round makes news once.
func (a *Audience) round(r *Result) error {
	before, err := a.control.usage()
	if err != nil {
		return err
	}
	acked, err := a.acknowledge()
	if err != nil {
		return err
	}
	mine, err := usage.Self()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.spread(); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := a.control.usage()
	if err != nil {
		return err
	}
	now, err := usage.Self()
	if err != nil {
		return err
	}
	a.lat.add(took)
	r.Ops += int64(len(a.members))
	r.Wall += took
	r.CPU = r.CPU.Plus(now.Minus(mine))
	*r.Acks = r.Acks.Plus(acked.Minus(before))
	*r.Server = r.Server.Plus(after.Minus(acked))
	return nil
}

// acknowledge tells the server that everybody has the last event, and returns
// what processor time it has used when it knows.
func (a *Audience) acknowledge() (usage.CPU, error) {
	if a.watch != nil {
		for _, m := range a.members {
			if err := write(m.fd, a.watch); err != nil {
				return usage.CPU{}, err
			}
		}
	}
	return a.control.usage() // behind all of them in the order in which the server finds them
}

// spread makes news and returns when everybody has them.
func (a *Audience) spread() error {
	for _, m := range a.members {
		m.due = a.size
	}
	a.value++
	if err := a.control.send("broadcast", a.value); err != nil {
		return err
	}
	for left := len(a.members); left > 0; {
		n, err := unix.EpollWait(a.epoll, a.events, int(patience.Milliseconds()))
		switch {
		case err == unix.EINTR: //nolint:errorlint // it comes bare from the system call
			continue
		case err != nil:
			return os.NewSyscallError("epoll_wait", err)
		case n == 0:
			return fmt.Errorf("%d clients have waited %v for an event", left, patience)
		}
		for _, ev := range a.events[:n] {
			whole, err := a.hear(a.members[ev.Fd])
			if err != nil {
				return err
			}
			if whole {
				left--
			}
		}
	}
	_, err := a.control.receive()
	return err
}

// hear reads what has come, and tells whether that completes the event.
func (a *Audience) hear(m *member) (whole bool, err error) {
	n, err := unix.Read(m.fd, a.buf)
	switch {
	case err == unix.EAGAIN: //nolint:errorlint // it comes bare from the system call
		return false, nil
	case err != nil:
		return false, os.NewSyscallError("read", err)
	case n == 0:
		return false, io.ErrUnexpectedEOF
	case n > m.due:
		return false, fmt.Errorf("%d bytes came where %d were due", n, m.due)
	}
	m.due -= n
	return m.due == 0, nil
}

// connect returns a blocking socket that has read the greeting, and which
// version that announces.
func connect(addr string) (fd int, version string, err error) {
	remote, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return -1, "", err
	}
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, "", os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	if err = unix.Connect(fd, &unix.SockaddrInet4{Port: remote.Port, Addr: [4]byte(remote.IP.To4())}); err != nil {
		return -1, "", os.NewSyscallError("connect", err)
	}
	if err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return -1, "", os.NewSyscallError("setsockopt", err)
	}
	text := make([]byte, iproto.GreetingSize)
	if _, err = io.ReadFull(fdReader(fd), text); err != nil {
		return -1, "", fmt.Errorf("reading the greeting: %w", err)
	}
	g, _, err := iproto.ParseGreeting(text)
	return fd, g.Version, err
}

// readEvent reads one packet from a blocking socket, an EVENT or a push, and
// returns how many bytes it has.
func readEvent(fd int) (size int, err error) {
	h, _, size, err := readPacket(fdReader(fd))
	if err == nil && h.Type != iproto.TypeEvent && h.Type != iproto.TypeChunk {
		err = fmt.Errorf("a packet of type %v instead of an event", h.Type)
	}
	return size, err
}
