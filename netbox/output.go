package netbox

// put encodes a request into the output and returns its future, and what the
// caller has to do for the output. waits tells that the caller is going to wait:
// then pushes are not kept, and the error may be errNotNow. s is nil when the
// request is not traced.
func (l *link) put(req *Request, s *span, waits bool) (f *Future, d duty, err error) {
	if req.plain() {
		return l.putPlain(req, s, waits)
	}
	enc, err := req.encoded() // the user's encoders run without the lock
	if err != nil {
		return nil, none, err
	}
	return l.putPlain(&enc, s, waits)
}

func (l *link) putPlain(req *Request, s *span, waits bool) (f *Future, d duty, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refusal(waits); err != nil {
		return nil, none, err
	}
	f = l.spares.take()
	if err := l.encode(f, req); err != nil {
		f.give()
		return nil, none, err
	}
	f.conn, f.req = l.conn, req.typ
	f.pushes.keep = !waits
	if s != nil {
		f.span = s
		f.crowd()
	}
	l.weigh()
	return f, l.duty(waits), nil
}

// refusal is why no request is taken now. Called with mu held.
func (l *link) refusal(waits bool) error {
	switch {
	case l.err != nil:
		return l.refused(waits)
	case l.pressed || len(l.out) > l.conn.opts.MaxQueued:
		if waits {
			return errNotNow
		}
		return ErrQueueFull
	case waits && !l.settled:
		return errNotNow
	}
	return nil
}

// refused is refusal for a link that takes no more. One that will be followed
// by another can be waited for. Called with mu held.
func (l *link) refused(waits bool) error {
	if waits && !l.closing && l.conn.machine.reconnects {
		return errNotNow
	}
	return &ConnError{Peer: l.conn.peer, Err: l.err}
}

// encode gives f a slot and appends the request. Called with mu held.
func (l *link) encode(f *Future, req *Request) error {
	sync, ok := l.slots.take(f)
	if !ok {
		return ErrTooMany
	}
	f.sync = sync
	f.start = l.handed + uint64(len(l.out))
	out, err := req.append(l, sync)
	if err != nil {
		l.slots.release(sync)
		return err
	}
	l.out = out
	l.counts.Requests++
	return nil
}

// tell sends a frame that has no answer, unless the link has ended. Safe to call
// from any goroutine.
func (l *link) tell(frame func(dst []byte) []byte) {
	l.mu.Lock()
	if l.err != nil && !l.leaving {
		l.mu.Unlock()
		return
	}
	l.out = frame(l.out)
	d := l.duty(false)
	l.mu.Unlock()
	l.see(d)
}
