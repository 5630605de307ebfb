//go:build (linux || darwin || dragonfly || freebsd || netbsd || openbsd) && !poll_opt

package reactor

import (
	"github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
)

// A poller is gnet's epoll or kqueue poller, used for two things only: to
// register descriptors, once and edge-triggered, and to wait for them. This is
// the one file that knows gnet; nothing gnet-shaped is visible above it.
//
// What is not used, and why: Trigger, because its tasks are drained until none
// is left, so that tasks which post tasks starve the sockets, and because on
// NetBSD and OpenBSD its wake-up is never recognised (see kick); the Mod
// calls but for UDP sockets, because an edge-triggered descriptor needs none.
// Its wake-up is registered all the same, on kqueue as number 0: see reservedFD.
type poller struct {
	p *netpoll.Poller
}

func openPoller() (*poller, error) {
	p, err := netpoll.OpenPoller()
	if err != nil {
		return nil, err
	}
	return &poller{p}, nil
}

// add registers fd for reading and writing, edge-triggered. Safe to call from
// any goroutine, as the kernel's call is.
func (p *poller) add(fd int) error {
	return p.p.AddReadWrite(&netpoll.PollAttachment{FD: fd}, true)
}

// addReader registers fd for reading alone, edge-triggered. Safe to call from
// any goroutine, as the kernel's call is.
func (p *poller) addReader(fd int) error {
	return p.p.AddRead(&netpoll.PollAttachment{FD: fd}, true)
}

// awaitWritable begins or ends the registration for writing of what addReader
// has registered. An fd that is writable already is news. Safe to call from
// any goroutine, as the kernel's call is.
func (p *poller) awaitWritable(fd int, on bool) error {
	if on {
		return p.p.ModReadWrite(&netpoll.PollAttachment{FD: fd}, true)
	}
	return p.p.ModRead(&netpoll.PollAttachment{FD: fd}, true)
}

// remove ends the registration of fd, which must still be open. On kqueue it
// does nothing: there only close removes. So there
//
//   - an fd that is retired may have news until it is closed, for which the
//     table has no source any more;
//   - a batch in which it is closed may have one last event of it, behind the
//     kick. A successor that was given the number in that very batch takes it
//     for its own: a hint to read and write in vain, which every source must
//     bear anyway;
//   - an fd that is to stay open can not be taken from the poller, which is why
//     a dialled connection keeps its registration when its owner changes.
func (p *poller) remove(fd int) error { return p.p.Delete(fd) }

// run waits and calls ready for each descriptor with news until ready returns
// false.
func (p *poller) run(ready func(fd int, ev Events) bool) error {
	err := p.p.Polling(func(fd int, ev netpoll.IOEvent, flags netpoll.IOFlags) error {
		if !ready(fd, translate(ev, flags)) {
			return errors.ErrEngineShutdown
		}
		return nil
	})
	if err == errors.ErrEngineShutdown { //nolint:errorlint // the poller hands our own value back
		return nil
	}
	return err
}

func translate(ev netpoll.IOEvent, flags netpoll.IOFlags) Events {
	var e Events
	if netpoll.IsReadEvent(ev) {
		e |= Readable
	}
	if netpoll.IsWriteEvent(ev) {
		e |= Writable
	}
	if netpoll.IsErrorEvent(ev, flags) || hungUp(ev) {
		e |= Readable | Writable | ended | hangup
	}
	if urgent(ev) {
		e |= Readable | Writable | ended
	}
	return e
}

func (p *poller) close() error { return p.p.Close() }
