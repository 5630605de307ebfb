package reactor

import (
	"os"
	"syscall"
)

// This file is the writer's side of an output: who has begun it carries what is
// queued to the kernel, and no one else does.

const (
	// maxVec is the number of buffers one writev takes: IOV_MAX of Linux and
	// of the BSDs.
	maxVec = 1024
	// flushRounds is how many times one flusher goes for what others added
	// while it was writing, before it leaves that to the loop.
	flushRounds = 8
)

// begin makes the caller the writer, if there is need for one. Called with mu
// held.
func (o *output) begin() bool {
	if o.writing || o.blocked.Load() || o.err != nil {
		return false
	}
	o.writing = true
	return true
}

// rounds writes until nothing is queued, the kernel takes no more, or others
// have added too often. Called with mu held by the writer.
func (o *output) rounds(fd int) (more bool, err error) {
	for round := 0; o.size > 0 && !o.blocked.Load() && o.err == nil; round++ {
		if round == flushRounds {
			return true, nil
		}
		if err := o.carry(fd); err != nil {
			return false, err
		}
	}
	return false, nil
}

// direct makes the caller the writer of p, which is not copied when nothing is
// queued before it. What the kernel does not take, or somebody else has to
// write, is queued. Called with mu held.
func (o *output) direct(fd int, p []byte) (more bool, err error) {
	if !o.begin() {
		o.add(p)
		return false, nil
	}
	if o.size > 0 {
		o.add(p)
		more, err = o.rounds(fd)
		o.writing = false
		return more, err
	}
	edges := o.edges.Load()
	o.underway = len(p)
	o.mu.Unlock()
	n, err := sysWrite(fd, p)
	o.mu.Lock()
	o.account(n)
	switch {
	case o.err != nil: // dropped while we wrote
		err = nil
	case err == nil || err == syscall.EAGAIN:
		o.unshift(p[n:])
		o.block(n < len(p), edges)
		more, err = o.rounds(fd)
	default:
		err = os.NewSyscallError("write", err)
	}
	o.writing = false
	return more, err
}

// carry makes one system call for what is queued now. It is called with mu
// held, by the writer, and lets mu go meanwhile.
func (o *output) carry(fd int) error {
	list, head, edges := o.queue, o.head, o.edges.Load()
	o.queue, o.spare, o.head = o.spare[:0], nil, 0
	var n int
	var full bool
	var err error
	if list[0].file != nil {
		n, full, err = o.sendFile(fd, list[0].file)
	} else {
		n, full, err = o.sendBytes(fd, list, head)
	}
	o.account(n)
	if o.err != nil { // dropped while we wrote: the list is ours to free
		putAll(list)
		return nil
	}
	o.taken(list, head, n)
	if full {
		o.block(true, edges)
	}
	return err
}

// sendBytes writes the buffers at the start of list, of which the kernel has
// head bytes, and tells whether it takes no more. Called as carry is.
func (o *output) sendBytes(fd int, list []piece, head int) (n int, full bool, err error) {
	vec, want := o.vec[:0], 0
	o.vec = nil
	for _, p := range list[:min(len(list), maxVec)] {
		if p.file != nil {
			break
		}
		vec = append(vec, p.buf.B[head:])
		want += len(p.buf.B) - head
		head = 0
	}
	o.underway = want
	o.mu.Unlock()
	n, err = sysWritev(fd, vec)
	clear(vec)
	o.mu.Lock()
	o.vec = vec[:0]
	if err == nil || err == syscall.EAGAIN {
		return n, n < want, nil
	}
	return n, false, os.NewSyscallError("write", err)
}

// sendFile sends some of a file, and tells whether the kernel takes no more.
// Called as carry is.
func (o *output) sendFile(fd int, f *filePart) (n int, full bool, err error) {
	o.underway = f.next()
	o.mu.Unlock()
	n, err = f.send(fd)
	o.mu.Lock()
	if err == syscall.EAGAIN { //nolint:errorlint // the kernel's own
		return n, true, nil
	}
	return n, false, err
}

// block takes note that the kernel takes no more, unless a writable edge came
// since edges had been counted. The order counts: the loop counts the edge first
// and then looks whether we are blocked; we do it the other way round. Called
// with mu held.
func (o *output) block(full bool, edges uint32) {
	if !full {
		return
	}
	o.owed = true
	o.blocked.Store(true)
	if o.edges.Load() != edges {
		o.blocked.Store(false)
	}
}

// account takes note of a system call that wrote n bytes. Called with mu held.
func (o *output) account(n int) {
	o.underway = 0
	o.sent += uint64(n)
	o.loop.counts.bytesOut.Add(uint64(n))
	o.loop.counts.writes.Add(1)
	if o.timed && n > 0 && !o.byLoop { // carry on the loop takes note by itself
		o.active = o.loop.clock()
	}
}

// taken accounts for n bytes of list, whose first head bytes had been taken
// before, and puts the rest back before what was added meanwhile. Called with
// mu held.
func (o *output) taken(list []piece, head, n int) {
	o.size -= n
	k, head := gone(list, head+n)
	for _, p := range list[:k] {
		p.put()
	}
	if k == len(list) {
		clear(list)
		o.spare = list[:0]
		return
	}
	o.head = head
	added := o.queue
	rest := copy(list, list[k:])
	clear(list[rest:])
	list = append(list[:rest], added...)
	o.queue = list
	clear(added)
	o.spare = added[:0]
}

// gone returns how many pieces at the start of list the kernel has when it has
// n bytes of their buffers, and how many bytes of the next one.
func gone(list []piece, n int) (k, head int) {
	if f := list[0].file; f != nil { // it counts by itself
		if f.left == 0 {
			return 1, 0
		}
		return 0, 0
	}
	for k < len(list) && list[k].file == nil && n >= len(list[k].buf.B) {
		n -= len(list[k].buf.B)
		k++
	}
	return k, n
}
