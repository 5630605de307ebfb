package netbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
)

// A poolMember is an instance of a pool: its connections, and what is known of it.
type poolMember struct {
	// immutable
	Instance
	pool  *Pool
	group *Group
	poke  chan struct{} // one slot: look at it soon; nobody closes it
	ctx   context.Context
	stop  context.CancelFunc

	mode  atomic.Uint32          // a Mode; written with mu held
	said  atomic.Pointer[report] // what it has said by itself last, on the present connection; nil: nothing
	doubt atomic.Bool            // what it has said is not to be trusted
	watch bool                   // owned by run: box.status is watched

	mu  sync.Mutex
	err error // why it is down or unknown
}

// errConnecting is what is wrong with an instance at first.
var errConnecting = errors.New("it is being connected to")

func newMember(p *Pool, i Instance) (*poolMember, error) {
	opts := p.opts.Options
	opts.NoWait, opts.Retry = true, Retry{}
	g, err := ConnectGroup(context.Background(), i.Address, p.opts.Sockets, opts)
	if err != nil {
		return nil, err
	}
	m := &poolMember{Instance: i, pool: p, group: g, poke: make(chan struct{}, 1), err: errConnecting}
	m.ctx, m.stop = context.WithCancel(p.ctx)
	for n, c := range g.conns {
		c.OnConnect(func(*Conn) error { m.look(); return nil })
		c.OnSchemaReload(func(*Conn) error { p.changed(); return nil })
		c.OnDisconnect(func(*Conn) error {
			if n == 0 { // the one that is watched
				m.said.Store(nil)
			}
			m.look()
			return nil
		})
	}
	return m, nil
}

// look makes the member be looked at soon. Safe to call from any goroutine.
func (m *poolMember) look() {
	select {
	case m.poke <- struct{}{}:
	default:
	}
}

// now returns the mode and why it is not a better one.
func (m *poolMember) now() (Mode, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Mode(m.mode.Load()), m.err
}

// become takes note of the mode, and tells those who wait for one.
func (m *poolMember) become(mode Mode, err error) {
	m.mu.Lock()
	was := Mode(m.mode.Load())
	m.mode.Store(uint32(mode))
	m.err = err
	if t := m.pool.opts.Trace; was != mode && t != nil && t.Mode != nil {
		t.Mode(m.Name, was, mode, err)
	}
	m.mu.Unlock()
	if was != mode {
		level := slog.LevelInfo
		if mode < was {
			level = slog.LevelWarn
		}
		m.pool.log.Log(context.Background(), level, "netbox: instance changed", slog.String("instance", m.Name),
			slog.String("from", was.String()), slog.String("to", mode.String()), slog.Any("err", err))
	}
	m.pool.changed()
}

// unfit is why the member does not do for a request.
func (m *poolMember) unfit() error {
	mode, err := m.now()
	if reason := m.group.Err(); reason != nil {
		return reason
	}
	if err != nil {
		return err
	}
	return unfit(mode)
}

// leave awaits the requests under way and ends the member.
func (m *poolMember) leave(ctx context.Context) error {
	var err error
	for _, c := range m.group.conns {
		if e := c.drain(ctx); e != nil {
			err = e
		}
	}
	m.stop()
	_ = m.group.Close()
	return err
}

// drain lets no more requests in, and waits until the connection has ended,
// which it does when none is under way.
func (c *Conn) drain(ctx context.Context) error {
	c.mu.Lock()
	c.fatal = true // it is not made again
	c.mu.Unlock()
	l := c.live.Load()
	if l == nil {
		return nil
	}
	if err := l.loop.Post(func() { c.leave(l) }); err != nil {
		return nil //nolint:nilerr // the loop has stopped: it has ended
	}
	return l.gone.Wait(ctx)
}
