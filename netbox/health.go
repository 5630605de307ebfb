package netbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
)

// statusKey is what an instance of 2.10 or later reports its status under.
const statusKey = "box.status"

// run looks at the member from time to time until it is to end.
func (m *poolMember) run() {
	defer m.pool.gone()
	tick := time.NewTicker(m.pool.opts.CheckEvery)
	defer tick.Stop()
	for m.ctx.Err() == nil {
		m.check()
		select {
		case <-m.ctx.Done():
		case <-m.poke:
		case <-tick.C:
		}
	}
	m.stop()
	_ = m.group.Close()
}

// A report is what is known of an instance.
type report struct {
	mode Mode
	err  error // why it is down or unknown
}

// check finds out what the instance is.
func (m *poolMember) check() {
	if !m.group.IsConnected() {
		err := m.group.Err()
		if err == nil {
			err = errConnecting
		}
		m.become(ModeDown, err)
		return
	}
	m.subscribe()
	ctx, cancel := context.WithTimeoutCause(m.ctx, m.pool.opts.CheckTimeout, errSilentInstance)
	defer cancel()
	found := m.inquire(ctx)
	if m.ctx.Err() != nil {
		return
	}
	said := m.said.Load()
	if said != nil && found.mode != ModeDown {
		found = said // it is newer
	}
	m.become(found.mode, found.err)
	if m.said.Load() != said {
		m.look()
	}
}

// errSilentInstance is why an instance is down that did not answer in time.
var errSilentInstance = fmt.Errorf("it did not answer in time: %w", errTimedOut)

// inquire asks the instance what it is. If it says so by itself, it only has to
// answer, unless there is doubt.
func (m *poolMember) inquire(ctx context.Context) *report {
	said := m.said.Load()
	if doubt := m.doubt.Swap(false); said != nil && !doubt {
		if err := m.group.Ping(ctx); err != nil {
			return &report{ModeDown, err}
		}
		return said
	}
	mode, err := m.ask(ctx)
	found := &report{mode, err}
	switch {
	case said == nil || mode == ModeDown:
	case mode == ModeUnknown:
		return said
	default:
		m.said.CompareAndSwap(said, found)
	}
	return found
}

// ask asks the instance for its box.info.
func (m *poolMember) ask(ctx context.Context) (mode Mode, err error) {
	err = m.group.DoFunc(ctx, Call("box.info"), func(r Result) error {
		var info struct {
			RO     bool   `msgpack:"ro"`
			Status string `msgpack:"status"`
		}
		if err := r.Decode(&info); err != nil {
			return err
		}
		mode, err = modeOf(info.RO, info.Status)
		return err
	})
	switch answer := (*Error)(nil); {
	case errors.Is(err, iproto.CodeNoSuchProc): // no Tarantool: it has no read-only mode
		return ModeReadWrite, nil
	case errors.As(err, &answer) && !errors.Is(err, iproto.CodeLoading):
		return ModeUnknown, err // it works, but does not tell us
	}
	return mode, err
}

// modeOf is the mode of an instance with that status: "running", "orphan",
// "loading", "hot_standby".
func modeOf(ro bool, status string) (Mode, error) {
	switch {
	case status == "loading" || status == "hot_standby":
		return ModeDown, errors.New("its status is " + status)
	case ro || status == "orphan":
		return ModeReadOnly, nil
	}
	return ModeReadWrite, nil
}

// subscribe watches the status, once, if the instance reports it.
func (m *poolMember) subscribe() {
	if m.watch || !m.group.conns[0].Features().Has(iproto.FeatureWatchers) {
		return
	}
	_, err := m.group.Watch(statusKey, func(_ string, v Value) { m.told(v) })
	m.watch = err == nil
}

// told takes note of a report of the instance's own.
func (m *poolMember) told(v Value) {
	if len(v) == 0 {
		return // it has none
	}
	var status struct {
		RO     bool   `msgpack:"is_ro"`
		Status string `msgpack:"status"`
	}
	said := &report{mode: ModeUnknown}
	if err := v.Decode(&status); err != nil {
		said.err = fmt.Errorf("netbox: %s: %w", statusKey, err)
	} else {
		said.mode, said.err = modeOf(status.RO, status.Status)
	}
	m.said.Store(said)
	m.become(said.mode, said.err)
}
