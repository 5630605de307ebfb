package netbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// The views a schema is read from.
const (
	viewCollation     = 277
	viewSpace         = 281
	viewIndex         = 289
	viewSpaceSequence = 341
)

// The releases since which there are the younger ones.
const (
	versionCollations = 2<<16 | 2<<8 | 1
	versionSequences  = 2<<16 | 10<<8 | 5
)

// readSchema reads the schema of a link, again if it changes meanwhile, and lets
// in the requests that wait for it.
func (c *Conn) readSchema(ctx context.Context, l *link) error {
	if !l.schema {
		l.settle(0)
		return nil
	}
	for {
		reading := c.schema.reading()
		known, err := l.fetchSchema(ctx)
		if err != nil {
			return err
		}
		if known == nil {
			continue // it changed under the hands
		}
		c.schema.install(known, reading)
		if l.settle(known.Version) {
			return nil
		}
	}
}

// reload reads the schema that has changed.
func (c *Conn) reload(ctx context.Context, l *link) {
	c.announce()
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.ConnectTimeout, errConnectTimeout)
	defer cancel()
	if err := c.readSchema(ctx, l); err != nil {
		if lost := (*ConnError)(nil); errors.As(err, &lost) {
			err = lost.Err
		}
		if !c.isClosing() { // then the output leaves first
			l.abort(fmt.Errorf("reading the schema: %w", err))
		}
		return
	}
	c.counts.reloads.Add(1)
	c.log.Info("netbox: schema changed", slog.String("peer", c.peer), slog.Uint64("version", c.Schema().Version))
	number := c.machine.number()
	c.triggers.jobs.add(func() {
		c.fire("on_schema_reload", &c.triggers.reload)
		c.machine.tellAll(number)
	})
}

// settle makes the connection active, if the schema of that version is still
// that of the server. Called by the worker.
func (l *link) settle(version uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return true // it has ended, which the worker learns otherwise
	case version != l.version && l.schema:
		return false
	}
	l.stale, l.settled = false, true
	l.weigh()
	l.conn.reloading.Store(false)
	l.conn.machine.enter(StateActive, nil)
	l.conn.machine.tell()
	return true
}

// versionChanged takes note of a schema version that is another one than before.
// Called with mu held.
func (l *link) versionChanged(version uint64) {
	l.version = version
	if !l.schema || !l.settled || l.leaving || l.err != nil {
		return
	}
	l.stale, l.settled = true, false
	l.conn.reloading.Store(true)
	l.conn.machine.enter(StateFetchSchema, nil)
	l.conn.bell.ring()
}

func (l *link) isStale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stale && !l.leaving && l.err == nil
}

// A viewRead is a view on its way.
type viewRead struct {
	id       uint32
	optional bool
	f        *Future
	rows     msgp.Array
}

// fetchSchema reads the views, all at once. It returns nil when they are not of
// one version.
func (l *link) fetchSchema(ctx context.Context) (*Schema, error) {
	views := []*viewRead{{id: viewSpace}, {id: viewIndex}}
	if l.greeting.VersionID >= versionCollations {
		views = append(views, &viewRead{id: viewCollation, optional: true})
	}
	if l.greeting.VersionID >= versionSequences {
		views = append(views, &viewRead{id: viewSpaceSequence, optional: true})
	}
	for _, v := range views {
		if err := l.ask(v); err != nil {
			return nil, err
		}
	}
	l.flushAsked()
	var version uint64
	for i, v := range views {
		if err := v.wait(ctx); err != nil {
			return nil, err
		}
		if i > 0 && v.f.version != version {
			return nil, nil
		}
		version = v.f.version
	}
	b := builder{schema: &Schema{Version: version}}
	return b.build(views)
}

// ask puts the request for a view into the output.
func (l *link) ask(v *viewRead) (err error) {
	req := Request{typ: iproto.TypeSelect, limit: iproto.NoLimit, iterator: iproto.IteratorALL,
		space: &space{id: v.id}, index: &index{}}
	v.f, _, err = l.put(&req, nil, false)
	return err
}

// wait waits for the rows. A view that may be missing then has none.
func (v *viewRead) wait(ctx context.Context) error {
	if err := v.f.await(ctx); err != nil {
		return err
	}
	var r Result
	err := v.f.read(&r)
	if v.optional && errors.Is(err, iproto.CodeNoSuchSpace) {
		return nil
	}
	v.rows = r.Array
	return err
}
