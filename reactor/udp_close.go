package reactor

import "net"

// Close refuses further datagrams, stops receiving and closes the socket when
// what is queued has left, or after Config.FlushTimeout. It does not wait for
// that: OnClose tells. Closing twice is net.ErrClosed. Safe to call from any
// goroutine.
func (u *UDP) Close() error {
	u.mu.Lock()
	ended := u.ended
	u.ended = true
	u.queue.sealed = true
	u.mu.Unlock()
	if ended {
		return net.ErrClosed
	}
	return u.loop.Post(func() { u.shut(nil) })
}

// Abort closes the socket at once, dropping what is queued. OnClose gets err.
// Safe to call from any goroutine.
func (u *UDP) Abort(err error) {
	u.mu.Lock()
	u.ended = true
	u.queue.sealed = true
	u.mu.Unlock()
	_ = u.loop.Post(func() { u.finish(err) })
}

// Closed returns a channel that is closed after OnClose, when the address is
// free again. Safe to call from any goroutine.
func (u *UDP) Closed() <-chan struct{} { return u.gone.Done() }

// shut stops receiving and finishes when the queue has left. Called on the
// loop.
func (u *UDP) shut(reason error) {
	if u.closed || u.closing {
		return
	}
	u.closing = true
	u.reason = reason
	u.mu.Lock()
	u.ended = true
	u.queue.sealed = true
	u.mu.Unlock()
	u.patience = u.loop.AfterFunc(u.loop.cfg.FlushTimeout, func() { u.finish(ErrFlushTimeout) })
	defer u.loop.fence(u)
	u.carry()
}

// finish ends the socket now: what is queued is dropped, the descriptor
// retired, the handler told. Called on the loop.
func (u *UDP) finish(reason error) {
	if u.closed {
		return
	}
	u.closed = true
	l := u.loop
	u.mu.Lock()
	u.ended = true
	u.queue.drop()
	u.orphan = u.users > 0
	orphan := u.orphan
	u.mu.Unlock()
	putPackets(u.sending)
	u.sending = nil
	if orphan {
		l.detach(u.fd)
	} else {
		l.retire(u.fd, &u.gone)
	}
	if u.patience != nil {
		u.patience.Stop()
	}
	if u.unix != nil {
		u.unix.path.remove()
	}
	l.guard(func() { u.h.OnClose(u, reason) })
}

// use keeps the descriptor open until unuse. The error is net.ErrClosed.
func (u *UDP) use() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return net.ErrClosed
	}
	u.users++
	return nil
}

// useIdle is use for who wants to send, and reports whether nothing is queued.
func (u *UDP) useIdle() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queue.sealed || u.queue.size > 0 {
		return false
	}
	u.users++
	return true
}

func (u *UDP) unuse() {
	u.mu.Lock()
	u.users--
	last := u.orphan && u.users == 0
	u.mu.Unlock()
	if last {
		u.bury()
	}
}

// bury retires the descriptor of a socket that ended while the calling
// goroutine was using it.
func (u *UDP) bury() {
	if u.loop.Post(func() { u.loop.retire(u.fd, &u.gone) }) != nil {
		_ = sysClose(u.fd)
		u.gone.Open()
	}
}
