package reactor

import (
	"os"
	"syscall"
)

// udpRounds is how many times a loop goes for what others added while it was
// sending, before its other descriptors have their turn.
const udpRounds = 8

// udpBoat is a socket as an errand: the loop sends what it has queued.
type udpBoat UDP

// ferry sends the boat. It is called once until it has come, which queue.told
// sees to.
func (u *UDP) ferry() {
	_ = u.loop.send((*udpBoat)(u)) // a loop that has stopped has told the handler
}

func (b *udpBoat) run() {
	u := (*UDP)(b)
	defer u.loop.fence(u)
	u.mu.Lock()
	u.queue.told = false
	u.mu.Unlock()
	u.carry()
}

// cork holds datagrams back while the loop is in the handler.
func (u *UDP) cork() {
	u.mu.Lock()
	u.queue.corked = true
	u.mu.Unlock()
}

// uncork sends what collected.
func (u *UDP) uncork() {
	u.mu.Lock()
	u.queue.corked = false
	u.mu.Unlock()
	u.carry()
}

// carry brings the queue to the kernel, and ends what is to end after it.
// Called on the loop.
func (u *UDP) carry() {
	for round := 0; !u.closed && !u.blocked; round++ {
		if u.sending == nil {
			u.mu.Lock()
			u.sending, u.next, u.single = u.queue.take(), 0, 0
			u.mu.Unlock()
		}
		if u.sending == nil {
			break
		}
		if round == udpRounds {
			u.ferryAgain()
			return
		}
		u.push()
	}
	if u.closing && !u.blocked {
		u.finish(u.reason)
	}
}

// ferryAgain sends the boat unless it is under way.
func (u *UDP) ferryAgain() {
	u.mu.Lock()
	told := u.queue.told
	u.queue.told = true
	u.mu.Unlock()
	if !told {
		u.ferry()
	}
}

// push sends what is in sending, until the kernel takes no more.
func (u *UDP) push() {
	out := u.loop.udp.out
	for u.next < len(u.sending.list) && !u.blocked {
		limit := u.train
		if u.next < u.single {
			limit = 0
		}
		u.pushBatch(out, out.fill(u.sending, u.next, limit, u.v6))
	}
	if u.next == len(u.sending.list) {
		putPackets(u.sending)
		u.sending = nil
	}
}

// pushBatch sends the first n messages of the outbox. The kernel's word about
// the first of those it did not take is about that one alone; the one exception
// is what a connected socket has heard of those sent before.
func (u *UDP) pushBatch(out *outbox, n int) {
	defer out.clear(n)
	defer u.account(u.next)
	heard := -1
	for i := 0; i < n; {
		k, err := out.send(u.fd, i, n)
		first := u.next
		for range k {
			u.next += out.counts[i]
			i++
		}
		u.loop.counts.sent(u.next - first)
		if k > 0 && u.suspect > 0 {
			u.train, u.suspect = min(u.train, u.suspect-1), 0
		}
		switch {
		case err == nil:
		case err == syscall.EAGAIN && u.mayBlock():
			u.block()
			return
		case err == syscall.ECONNREFUSED && heard != i && u.unix == nil:
			heard = i // it was not tried, and is now
			u.fail("write", target{}, os.NewSyscallError("sendmsg", err))
		case out.counts[i] > 1:
			u.uncouple(out.counts[i], err)
			return
		default:
			i++
			u.next++
			u.suspect = 0
			u.lost(u.sending.list[u.next-1].to, err)
		}
	}
}

// mayBlock reports whether the kernel tells when it takes more. It does not on a
// unix socket with many peers: there it is one peer who takes no more.
func (u *UDP) mayBlock() bool { return u.unix == nil || u.unix.remote != "" }

// lost tells of a datagram that the kernel does not take.
func (u *UDP) lost(to target, err error) {
	u.fail("write", to, os.NewSyscallError("sendmsg", err))
}

// uncouple sends a train of n datagrams, which the kernel did not take, one by
// one: each has its own error. When it has none it was the train: the kernel
// makes none on that way, or not of datagrams that long.
func (u *UDP) uncouple(n int, err error) {
	u.single = u.next + n
	switch err {
	case syscall.EINVAL, syscall.EMSGSIZE:
		u.suspect = u.sending.size(u.next)
	case syscall.EIO, syscall.EOPNOTSUPP:
		u.suspect = 1
	}
}

// account takes what was sent since first from the queue's size.
func (u *UDP) account(first int) {
	if u.closed || u.next == first {
		return
	}
	cost := len(u.sending.at(first, u.next-first)) + (u.next-first)*packetCost
	u.mu.Lock()
	u.queue.size -= cost
	u.mu.Unlock()
}

// block waits for the writable edge, which is asked for only then: on Linux
// every datagram that has left makes one.
func (u *UDP) block() { u.setBlocked(true) }

// unblock goes on when it has come.
func (u *UDP) unblock() {
	u.setBlocked(false)
	u.carry()
}

func (u *UDP) setBlocked(blocked bool) {
	u.blocked = blocked
	u.mu.Lock()
	u.queue.block = blocked
	u.mu.Unlock()
	if err := u.loop.poll.awaitWritable(u.fd, blocked); err != nil {
		u.loop.log.Error("reactor: can not watch a UDP socket for writing", "addr", u.local, "err", err)
	}
}
