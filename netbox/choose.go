package netbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// choose returns the connection for a request of a role, and its instance: of
// those that will do, the one with the least requests under way, and not one of
// an instance in tried if there are others. Nil means that there is none now.
func (p *Pool) choose(role Role, tried []InstanceError) (*poolMember, *Conn) {
	all := *p.members.Load()
	for _, will := range choices[role] {
		if m, c := lightestOf(all, will, tried); c != nil {
			return m, c
		}
	}
	if len(tried) > 0 {
		return p.choose(role, nil)
	}
	return nil, nil
}

// lightestOf returns the connection with the least requests under way of the
// members that will do.
func lightestOf(all []*poolMember, will modeSet, tried []InstanceError) (best *poolMember, conn *Conn) {
	n := uint32(len(all))
	if n == 0 {
		return nil, nil
	}
	least := int32(absent)
	for i, left := rand.Uint32N(n), n; left > 0; left-- {
		m := all[i]
		if i++; i == n {
			i = 0
		}
		if !will.has(Mode(m.mode.Load())) || m.isIn(tried) {
			continue
		}
		if c, weight := lightest(m.group.conns); weight < least {
			best, conn, least = m, c, weight
		}
	}
	return best, conn
}

// isIn reports whether the member was tried.
func (m *poolMember) isIn(tried []InstanceError) bool {
	return slices.ContainsFunc(tried, func(t InstanceError) bool { return t.Instance == m.Name })
}

// pickNow returns a connection for those who do not wait: when none will do, one
// that says why.
func (p *Pool) pickNow(role Role) *Conn {
	if _, c := p.choose(role, nil); c != nil {
		return c
	}
	c := &Conn{peer: "pool", opts: p.opts.Options, log: p.log, schema: &p.schema}
	c.machine.enter(StateError, p.none(role, ErrNoInstance, nil))
	c.machine.tellAll(c.machine.number())
	return c
}

// await waits until there is a connection for the role, at most for the limit,
// if that is not 0.
func (p *Pool) await(ctx context.Context, role Role, limit time.Duration, tried []InstanceError) (*poolMember, *Conn, error) {
	w := reactor.NewWaiter(ctx)
	p.mu.Lock()
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.waiting = slices.DeleteFunc(p.waiting, func(x *reactor.Waiter) bool { return x == w })
		p.mu.Unlock()
		w.Free()
	}()
	var until time.Time
	if limit > 0 {
		until = time.Now().Add(limit)
	}
	for {
		if p.ctx.Err() != nil {
			return nil, nil, ErrClosed
		}
		if m, c := p.choose(role, tried); c != nil {
			return m, c, nil
		}
		switch err := w.Wait(ctx, until); {
		case errors.Is(err, reactor.ErrTimeout) && ctx.Err() == nil:
			return nil, nil, ErrNoInstance
		case err != nil:
			return nil, nil, err
		}
	}
}

// changed wakes those who wait for an instance: there may be one.
func (p *Pool) changed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.waiting {
		w.Wake() // with mu held: who gives up takes itself off the list first
	}
}

// none is the error of a request that no instance has answered.
func (p *Pool) none(role Role, err error, tried []InstanceError) *PoolError {
	e := &PoolError{Role: role, Tried: tried}
	e.Err = e.graver(err)
	for _, m := range *p.members.Load() {
		mode := Mode(m.mode.Load())
		if c := choices[role]; (c[0] | c[1]).has(mode) && m.group.IsConnected() {
			continue
		}
		e.Unfit = append(e.Unfit, InstanceError{m.Name, m.unfit()})
	}
	return e
}

// Conn waits until there is an instance for the role and returns a connection to
// it, the one with the least requests under way: for what needs one session or
// one server, as transactions, watchers and triggers do. It belongs to the pool.
// The error is that of Wait. Safe to call from any goroutine, and from fibers.
func (p *Pool) Conn(ctx context.Context, role Role) (*Conn, error) {
	_, c, err := p.await(ctx, role, 0, nil)
	if err != nil {
		return nil, p.none(role, err, nil)
	}
	return c, nil
}

// Wait waits until there is an instance for the role. The error is a *PoolError
// with ctx's cause or ErrClosed. Safe to call from any goroutine, and from fibers.
func (p *Pool) Wait(ctx context.Context, role Role) error {
	_, err := p.Conn(ctx, role)
	return err
}
