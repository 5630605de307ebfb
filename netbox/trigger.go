package netbox

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// Triggers run one after the other on a goroutine of the connection's own: they
// may take their time and make requests, those that wait included, but must not
// wait for a state. Of one event the one added last runs first.

// ErrTrigger tells that a trigger that was removed is removed or replaced.
var ErrTrigger error = text("Trigger is not found")

// A Trigger is the registration of a function that is called on an event.
type Trigger struct {
	list *triggerList
	f    func(*Conn) error // guarded by list.mu
}

// Remove ends the registration. The error is ErrTrigger when it has ended. A
// trigger may remove itself. Safe to call from any goroutine.
func (t *Trigger) Remove() error {
	t.list.mu.Lock()
	defer t.list.mu.Unlock()
	i := slices.Index(t.list.all, t)
	if i < 0 {
		return ErrTrigger
	}
	t.list.all = slices.Delete(slices.Clone(t.list.all), i, i+1)
	return nil
}

// Replace makes f the function, in the same place. The error is ErrTrigger when
// the registration has ended. Safe to call from any goroutine.
func (t *Trigger) Replace(f func(*Conn) error) error {
	t.list.mu.Lock()
	defer t.list.mu.Unlock()
	if !slices.Contains(t.list.all, t) {
		return ErrTrigger
	}
	t.f = f
	return nil
}

// A triggerList is the triggers of one event.
type triggerList struct {
	mu  sync.Mutex
	all []*Trigger // copied on write; the one added last first
}

func (l *triggerList) add(f func(*Conn) error) *Trigger {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &Trigger{list: l, f: f}
	l.all = append([]*Trigger{t}, l.all...)
	return t
}

// run calls the triggers, except those that are removed meanwhile. Their errors
// and panics are joined.
func (l *triggerList) run(c *Conn) error {
	l.mu.Lock()
	all := l.all
	l.mu.Unlock()
	var errs []error
	for _, t := range all {
		l.mu.Lock()
		f, there := t.f, slices.Contains(l.all, t)
		l.mu.Unlock()
		if there {
			errs = append(errs, call(f, c))
		}
	}
	return errors.Join(errs...)
}

// call calls f and makes an error of its panic.
func call(f func(*Conn) error, c *Conn) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f(c)
}

// triggers are all the triggers of a Conn.
type triggers struct {
	connect, disconnect, shutdown, reload triggerList
	jobs                                  jobs
}

// OnConnect calls f whenever the connection has become active: when it is made
// and made again, not after changes of the schema. Requests are sent already. An
// error or a panic of f breaks the connection with an error that is ErrOnConnect;
// it is made again if it would be otherwise, unless Options.FatalOnConnectError
// is set. Safe to call from any goroutine.
func (c *Conn) OnConnect(f func(*Conn) error) *Trigger { return c.triggers.connect.add(f) }

// OnDisconnect calls f whenever a connection that had been active has ended, and
// before those are told who wait for a state. An error is logged. Safe to call
// from any goroutine.
func (c *Conn) OnDisconnect(f func(*Conn) error) *Trigger { return c.triggers.disconnect.add(f) }

// OnShutdown calls f when the server begins to shut down, while the connection
// is active; afterwards requests are refused and those under way awaited. An
// error is logged. Safe to call from any goroutine.
func (c *Conn) OnShutdown(f func(*Conn) error) *Trigger { return c.triggers.shutdown.add(f) }

// OnSchemaReload calls f whenever the spaces of the server have been read: when
// the connection is made, before OnConnect, and when they have changed. An error
// is logged. Safe to call from any goroutine.
func (c *Conn) OnSchemaReload(f func(*Conn) error) *Trigger { return c.triggers.reload.add(f) }

// ErrOnConnect is what errors.Is finds in the error of a connection that an
// OnConnect trigger has broken.
var ErrOnConnect = errors.New("netbox: on_connect")

// fire runs triggers whose errors are logged only. Called in a job.
func (c *Conn) fire(event string, l *triggerList) {
	if err := l.run(c); err != nil {
		c.log.Error("netbox: trigger failed", slog.String("event", event), slog.String("peer", c.peer), slog.Any("err", err))
	}
}

// jobs runs functions one after the other, on a goroutine that is there while
// there are any.
type jobs struct {
	mu      sync.Mutex
	waiting []func()
	running bool
}

// add runs f after those before it. Safe to call from any goroutine.
func (j *jobs) add(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting = append(j.waiting, f)
	if !j.running {
		j.running = true
		go j.run()
	}
}

func (j *jobs) run() {
	for {
		j.mu.Lock()
		if len(j.waiting) == 0 {
			j.running = false
			j.mu.Unlock()
			return
		}
		f := j.waiting[0]
		j.waiting = j.waiting[1:]
		j.mu.Unlock()
		f()
	}
}
