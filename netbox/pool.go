package netbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/reactor"
)

// A Pool is the instances of a replica set, or of any set of servers, and sends
// each request to one whose role will do: of several, to the one with the least
// requests under way. It finds out by itself which instances are there and which
// can be written to, and goes on with another when one goes away or changes.
//
//	rw := pool.Role(netbox.RW)
//	_, err = rw.Space("bands").Insert(ctx, band)
//
// Each instance is watched by a goroutine of its own.
type Pool struct {
	// immutable after ConnectPool
	opts   PoolOptions
	routes [len(roleNames)]route
	schema schema // the names of spaces only
	ctx    context.Context
	cancel context.CancelCauseFunc
	log    *slog.Logger

	members atomic.Pointer[[]*poolMember] // copied on write, with mu held
	retries atomic.Uint64

	mu      sync.Mutex
	closing bool
	past    Metrics           // of instances that have been removed
	waiting []*reactor.Waiter // for any change
	ending  int               // members that have not ended yet
	ended   reactor.Gate      // opened after Close, when they have
}

// ConnectPool connects to the instances. It returns when any of them is there,
// whatever its role, or at once with Options.NoWait; the others are connected to
// meanwhile. Pool.Wait waits for a role. Close must be called in the end.
//
// The error is about the options, an address, an instance that is named twice,
// or a *PoolError when ctx is done first. Safe to call from any goroutine, and
// from fibers.
func ConnectPool(ctx context.Context, instances []Instance, opts PoolOptions) (*Pool, error) {
	wait := !opts.NoWait
	if err := opts.check(); err != nil {
		return nil, err
	}
	p := &Pool{opts: opts, log: opts.Logger}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.members.Store(new([]*poolMember))
	for i := range p.routes {
		p.routes[i] = route{pool: p, role: Role(i)}
	}
	for _, i := range instances {
		if err := p.Add(i); err != nil {
			_ = p.Close()
			return nil, err
		}
	}
	if wait {
		if err := p.Wait(ctx, Any); err != nil {
			_ = p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Role returns the Requester of the requests for a role, with all that a Conn
// has: calls, spaces, streams. Calls that wait wait for an instance first, when
// there is none; Send does not, nor is what it has sent made again. A stream, a
// prepared statement and Index.Pairs stay with the instance they begin at, and
// fail when there is none then; Pool.Conn waits for one. It panics if there is no such role. Safe to call
// from any goroutine.
func (p *Pool) Role(r Role) Requester {
	return Requester{route: &p.routes[r]}
}

// Add adds an instance and connects to it, without waiting. The error is about
// the address, or ErrInstance when there is one of the name, or ErrClosed. Safe
// to call from any goroutine.
func (p *Pool) Add(i Instance) error {
	if i.Name == "" {
		i.Name = redact(i.Address)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all := *p.members.Load()
	switch {
	case p.closing:
		return ErrClosed
	case slices.ContainsFunc(all, i.named):
		return fmt.Errorf("%w %q is in the pool already", ErrInstance, i.Name)
	}
	m, err := newMember(p, i)
	if err != nil {
		return err
	}
	all = append(slices.Clone(all), m)
	p.members.Store(&all)
	p.ending++
	go m.run()
	return nil
}

// Remove takes an instance out of the pool: requests go to others from now on,
// and those under way are awaited until ctx is done; those fail with a
// *ConnError that is ErrClosed. The error is ctx's cause then, or ErrInstance
// when there is no instance of the name. Safe to call from any goroutine, and
// from fibers.
func (p *Pool) Remove(ctx context.Context, name string) error {
	p.mu.Lock()
	all := *p.members.Load()
	at := slices.IndexFunc(all, Instance{Name: name}.named)
	if at < 0 {
		p.mu.Unlock()
		return fmt.Errorf("%w %q is not in the pool", ErrInstance, name)
	}
	m := all[at]
	all = slices.Delete(slices.Clone(all), at, at+1)
	p.members.Store(&all)
	p.mu.Unlock()
	err := m.leave(ctx)
	metrics := m.group.Metrics()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.past.add(&metrics)
	return err
}

// named reports whether the member has the instance's name.
func (i Instance) named(m *poolMember) bool { return m.Name == i.Name }

// Close closes the connections to all instances, as Conn.Close does. Closing
// twice is ErrClosed. Safe to call from any goroutine, and from fibers.
func (p *Pool) Close() error {
	p.mu.Lock()
	again := p.closing
	p.closing = true
	if p.ending == 0 {
		p.ended.Open()
	}
	p.mu.Unlock()
	p.cancel(ErrClosed)
	p.changed()
	awaitClosed(p.opts.Reactor, &p.ended)
	if again {
		return ErrClosed
	}
	return nil
}

// gone takes note that a member has ended.
func (p *Pool) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending--
	if p.closing && p.ending == 0 {
		p.ended.Open()
	}
}

// An InstanceInfo is how an instance of a Pool is.
type InstanceInfo struct {
	Instance
	Mode    Mode
	Err     error // why it is down or unknown
	Metrics Metrics
}

// Instances returns how the instances are, in the order they were added. The
// addresses have no credentials. Safe to call from any goroutine.
func (p *Pool) Instances() []InstanceInfo {
	var infos []InstanceInfo
	for _, m := range *p.members.Load() {
		mode, err := m.now()
		infos = append(infos, InstanceInfo{Instance{m.Name, m.group.Peer()}, mode, err, m.group.Metrics()})
	}
	return infos
}

// Metrics returns the sums of what has happened on all connections, those of
// removed instances included. The state is StateActive when any connection has
// it. Safe to call from any goroutine.
func (p *Pool) Metrics() Metrics {
	p.mu.Lock()
	sum := p.past
	p.mu.Unlock()
	sum.State, sum.InFlight = StateInitial, 0
	for _, m := range *p.members.Load() {
		o := m.group.Metrics()
		sum.add(&o)
	}
	sum.Retries += p.retries.Load()
	return sum
}
