package netbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// understudy is a scripted server that can be written to and ends its connection instead of answering, after some answers.
func understudy(t *testing.T, after int64) *scene {
	var left atomic.Int64
	left.Store(after)
	return perform(t, func(_ int, s *script) {
		s.Write(greeting())
		for {
			r := s.next()
			switch {
			case r.Type == 0:
				return
			case r.Type == iproto.TypeID:
				s.Write(iproto.NewError(iproto.CodeUnknownRequestType, "Unknown request type 73").AppendReply(nil, r.Sync, 1))
			case r.Type == iproto.TypeCall && strings.Contains(string(r.body), "box.info"):
				s.Write(iproto.NewError(iproto.CodeNoSuchProc, "no box.info").AppendReply(nil, r.Sync, 1))
			case left.Add(-1) < 0:
				return
			default:
				s.ok(r.Sync, 7)
			}
		}
	})
}

func TestPoolMakesRequestsAgainElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		req   Request
		again bool
	}{
		"call":            {Call("who"), false},
		"idempotent call": {Call("who").Idempotent(), true},
		"ping":            {Ping(), true},
	} {
		t.Run(name, func(t *testing.T) {
			b := act(t, "b", status(true))
			sc := understudy(t, 0)
			var retried atomic.Int32
			opts := quick()
			opts.ReconnectAfter = time.Hour
			opts.Trace = &PoolTrace{Retry: func(r RequestTrace, role Role, instance string, err error) {
				retried.Add(1)
				if r.Type != tt.req.Type() || role != PreferRW || instance != "a" || !errors.Is(err, ErrMaybeExecuted) {
					t.Errorf("%v %v %s %v", r.Type, role, instance, err)
				}
			}}
			p := pool(t, opts, Instance{Name: "a", Address: sc.addr}, b.Instance)
			awaitMode(t, p, "a", ModeReadWrite)
			awaitMode(t, p, "b", ModeReadOnly)
			_, err := p.Role(PreferRW).Do(patience(t), tt.req)
			if tt.again {
				if err != nil || retried.Load() != 1 || p.Metrics().Retries != 1 {
					t.Errorf("got %v, %d retries", err, retried.Load())
				}
				return
			}
			var e *PoolError
			if !errors.As(err, &e) || !errors.Is(err, ErrMaybeExecuted) || SafeToRetry(err) || len(e.Tried) != 1 || e.Tried[0].Instance != "a" {
				t.Errorf("got %#v", err)
			}
			if b.asked() != 0 {
				t.Error("it was executed again")
			}
		})
	}
}

func TestPoolStopsMakingRequestsAgain(t *testing.T) {
	var all []Instance
	for _, name := range []string{"a", "b"} {
		all = append(all, Instance{Name: name, Address: understudy(t, 0).addr})
	}
	opts := quick()
	opts.Retry = Retry{Attempts: 4, Pause: time.Millisecond}
	p := pool(t, opts, all...)
	err := p.Role(RW).Ping(patience(t))
	var e *PoolError
	if !errors.As(err, &e) || len(e.Tried) != 4 || !errors.Is(err, ErrMaybeExecuted) || errors.Is(err, ErrNotSent) {
		t.Errorf("got %v", err)
	}
	if e != nil && (e.Tried[0].Instance == e.Tried[1].Instance) {
		t.Errorf("the second attempt was on the same instance: %v", err)
	}
	for range 40 { // beyond the budget
		err = p.Role(RW).Ping(patience(t))
	}
	m := p.Metrics()
	if limit := retryBurst + 1 + 0.1*float64(m.Requests); float64(m.Retries) > limit || !errors.As(err, &e) {
		t.Errorf("%d retries of %d requests, want at most %v", m.Retries, m.Requests, limit)
	}
}

func TestPoolLeavesAnInstanceThatTurnsOutReadOnly(t *testing.T) {
	readOnly := iproto.NewError(iproto.CodeReadOnly, "Can't modify data because this instance is in read-only mode.")
	a, b := act(t, "a", status(false)), act(t, "b", status(true))
	opts := quick()
	opts.CheckEvery = time.Hour // only requests find out
	p := pool(t, opts, a.Instance, b.Instance)
	awaitMode(t, p, "a", ModeReadWrite)
	awaitMode(t, p, "b", ModeReadOnly)
	a.set(status(true), readOnly)
	if _, err := p.Role(RW).Call(patience(t), "who"); !errors.Is(err, iproto.CodeReadOnly) {
		t.Errorf("a function may have done something before it failed: %v", err)
	}
	awaitMode(t, p, "a", ModeReadOnly)
	b.set(status(false), nil)
	(*p.members.Load())[1].look()
	if _, err := p.Role(RW).Do(patience(t), Call("who").Idempotent()); err != nil {
		t.Error(err)
	}
	a.set(status(false), nil)
	(*p.members.Load())[0].look()
	awaitMode(t, p, "a", ModeReadWrite)
	for range 20 {
		a.set(status(true), readOnly)
		if _, err := p.Role(RW).Do(patience(t), Call("who").Idempotent()); err != nil {
			t.Error(err)
		}
	}
}

// reporting is a server that reports its status by itself: send changes it.
func reporting(t *testing.T) (addr string, send func(ro bool), asked *atomic.Int32, silent *atomic.Bool) {
	asked, silent = new(atomic.Int32), new(atomic.Bool)
	var mu sync.Mutex
	var to *script
	ro := false
	event := func(s *script) {
		b, mark := iproto.BeginFrame(nil)
		b = append(b, 0x82, 0, 76, 1, 0) // EVENT, sync 0
		b = append(append(b, 0x82, 0x57, 0xa0|byte(len(statusKey))), statusKey...)
		b = append(append(b, 0x58, 0x82, 0xa5), "is_ro"...)
		if ro {
			b = append(b, 0xc3)
		} else {
			b = append(b, 0xc2)
		}
		b = append(append(append(b, 0xa6), "status"...), 0xa7)
		s.Write(iproto.EndFrame(append(b, "running"...), mark))
	}
	sc := perform(t, func(_ int, s *script) {
		s.introduceModern()
		for {
			r := s.next()
			switch r.Type {
			case 0:
				return
			case iproto.TypePing:
				if !silent.Load() {
					s.ok(r.Sync, 7)
				}
			case iproto.TypeWatch:
				mu.Lock()
				if strings.Contains(string(r.body), statusKey) && to != s {
					to = s
					event(s)
				}
				mu.Unlock()
			case iproto.TypeCall:
				asked.Add(1)
				s.Write(iproto.NewError(iproto.CodeAccessDenied, "not for you").AppendReply(nil, r.Sync, 1))
			default:
				s.ok(r.Sync, 7)
			}
		}
	})
	return sc.addr, func(now bool) {
		mu.Lock()
		defer mu.Unlock()
		ro = now
		event(to)
	}, asked, silent
}

func TestPoolIsToldOfChanges(t *testing.T) {
	addr, send, asked, _ := reporting(t)
	var mu sync.Mutex
	var modes []Mode
	opts := quick()
	opts.NoGracefulShutdown = true
	opts.Trace = &PoolTrace{Mode: func(_ string, _, to Mode, _ error) {
		mu.Lock()
		defer mu.Unlock()
		modes = append(modes, to)
	}}
	p := pool(t, opts, Instance{Name: "a", Address: addr})
	awaitMode(t, p, "a", ModeReadWrite)
	send(true)
	awaitMode(t, p, "a", ModeReadOnly)
	send(false)
	awaitMode(t, p, "a", ModeReadWrite)
	if n := asked.Load(); n > 3 {
		t.Errorf("asked %d times although it reports", n)
	}
	mu.Lock()
	defer mu.Unlock()
	modes = slices.DeleteFunc(modes, func(m Mode) bool { return m == ModeUnknown })
	if want := []Mode{ModeReadWrite, ModeReadOnly, ModeReadWrite}; !slices.Equal(modes, want) {
		t.Errorf("%v, want %v", modes, want)
	}
}

func TestPoolRemembersWhatItWasTold(t *testing.T) {
	addr, send, _, silent := reporting(t)
	opts := quick()
	opts.NoGracefulShutdown = true
	opts.CheckTimeout = 300 * time.Millisecond
	p := pool(t, opts, Instance{Name: "a", Address: addr})
	awaitMode(t, p, "a", ModeReadWrite)
	send(true)
	awaitMode(t, p, "a", ModeReadOnly)
	silent.Store(true)
	awaitMode(t, p, "a", ModeDown)
	silent.Store(false) // it says nothing new, and box.info is not for us
	awaitMode(t, p, "a", ModeReadOnly)
	send(false)
	awaitMode(t, p, "a", ModeReadWrite)
	(*p.members.Load())[0].demoted() // by an answer that was under way when it was promoted
	awaitMode(t, p, "a", ModeReadWrite)
}

func TestPoolGoesRoundASilentInstance(t *testing.T) {
	var silent atomic.Bool
	sc := perform(t, func(_ int, s *script) {
		s.introduce()
		for {
			r := s.next()
			switch {
			case r.Type == 0:
				return
			case silent.Load():
			case r.Type == iproto.TypeCall:
				s.Write(iproto.NewError(iproto.CodeNoSuchProc, "no box.info").AppendReply(nil, r.Sync, 1))
			default:
				s.ok(r.Sync, 7)
			}
		}
	})
	opts := quick()
	opts.CheckTimeout = 200 * time.Millisecond
	p := pool(t, opts, Instance{Name: "a", Address: sc.addr})
	awaitMode(t, p, "a", ModeReadWrite)
	silent.Store(true)
	awaitMode(t, p, "a", ModeDown)
	if err := p.Instances()[0].Err; !errors.Is(err, errTimedOut) {
		t.Errorf("got %v", err)
	}
	silent.Store(false)
	awaitMode(t, p, "a", ModeReadWrite)
}

// TestPoolWhileTheSchemaChanges makes spaces while others call: that delays them, and is no reason to think less of the
// instance.
func TestPoolWhileTheSchemaChanges(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true})
	var changes atomic.Int32
	p := pool(t, PoolOptions{CheckEvery: time.Hour, Sockets: 2, Trace: &PoolTrace{
		Mode: func(_ string, _, _ Mode, _ error) { changes.Add(1) },
	}}, Instance{Name: "a", Address: srv.Addr})
	ctx, stop := context.WithCancel(patience(t))
	defer stop()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := p.Role(RW).Call(ctx, "echo", 1); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 20 {
		name := "s" + string(rune('a'+i))
		if _, err := p.Role(RW).Eval(patience(t), "box.schema.space.create(...):create_index('pk')", name); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Role(RW).Space(name).Insert(patience(t), []any{i}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	wg.Wait()
	if changes.Load() != 1 || p.Metrics().Failures != 0 {
		t.Errorf("%d changes of mode, want one; %+v", changes.Load(), p.Instances())
	}
}

// replicas starts three Tarantools that replicate a log.
func replicas(t *testing.T) ([]*tarantooltest.Server, []Instance) {
	t.Helper()
	servers := tarantooltest.StartReplicas(t, 3, tarantooltest.Options{Script: `
		if not box.info.ro then
			box.schema.space.create('log', {if_not_exists = true}):create_index('pk', {if_not_exists = true})
		end
	`})
	var instances []Instance
	for i, s := range servers {
		instances = append(instances, Instance{Name: string(rune('a' + i)), Address: s.Addr})
	}
	return servers, instances
}

// TestPoolOnAReplicaSet kills the master and promotes another while clients write and read: every request is answered or
// fails with an error that tells whether it may have been executed, and what was acknowledged is there in the end.
func TestPoolOnAReplicaSet(t *testing.T) {
	servers, instances := replicas(t)
	p := pool(t, PoolOptions{CheckEvery: 20 * time.Millisecond, CheckTimeout: reactortest.Patience}, instances...)
	awaitMode(t, p, "a", ModeReadWrite)
	awaitMode(t, p, "b", ModeReadOnly)
	awaitMode(t, p, "c", ModeReadOnly)
	ctx, stop := context.WithCancel(patience(t))
	defer stop()
	var wrote, read, unsure, next atomic.Int64
	acknowledged := make([][]int64, 4)
	var wg sync.WaitGroup
	for g := range acknowledged {
		wg.Go(func() {
			log := p.Role(RW).Space("log")
			for ctx.Err() == nil {
				id := next.Add(1)
				switch _, err := log.Insert(ctx, []any{id}); {
				case err == nil:
					wrote.Add(1)
					acknowledged[g] = append(acknowledged[g], id)
				case ctx.Err() != nil:
				case errors.Is(err, ErrMaybeExecuted):
					unsure.Add(1)
				default:
					t.Errorf("writing: %v", err)
					return
				}
			}
		})
		wg.Go(func() {
			log := p.Role(PreferRO).Space("log")
			for ctx.Err() == nil {
				if _, err := log.Select(ctx, Key(1), SelectOptions{Limit: 1}); err != nil && ctx.Err() == nil {
					t.Errorf("reading: %v", err)
					return
				}
				read.Add(1)
			}
		})
	}
	progress := func(what string, n *atomic.Int64) {
		t.Helper()
		from := n.Load()
		reactortest.Eventually(t, func() bool { return n.Load() > from+100 || t.Failed() }, "clients to go on %s; %+v", what, p.Instances())
	}
	progress("writing", &wrote)
	progress("reading", &read)

	servers[0].Kill()
	awaitMode(t, p, "a", ModeDown)
	progress("reading without a master", &read)
	servers[1].Promote()
	progress("writing after the first failover", &wrote)

	servers[0].Restart() // as a replica
	awaitMode(t, p, "a", ModeReadOnly)
	servers[1].Demote() // nobody is killed: no request may fail
	before := unsure.Load()
	servers[2].Promote()
	progress("writing after the second failover", &wrote)
	if unsure.Load() != before {
		t.Errorf("%d requests failed although no connection broke", unsure.Load()-before)
	}
	stop()
	wg.Wait()

	// The old master has brought back what it had written but not passed on before it was killed.
	reactortest.Eventually(t, func() bool { return missing(t, p, acknowledged) == 0 }, "all that was acknowledged to be there")
	t.Logf("%d written, %d read, %d unsure, %d retries", wrote.Load(), read.Load(), unsure.Load(), p.Metrics().Retries)
}

// TestPoolOnAFrozenMaster has a master that keeps its connections and answers nothing.
func TestPoolOnAFrozenMaster(t *testing.T) {
	servers, instances := replicas(t)
	opts := PoolOptions{CheckEvery: 50 * time.Millisecond, CheckTimeout: time.Second}
	opts.PingEvery = time.Second
	p := pool(t, opts, instances...)
	awaitMode(t, p, "a", ModeReadWrite)
	awaitMode(t, p, "b", ModeReadOnly)
	log := p.Role(RW).Space("log")
	if _, err := log.Insert(patience(t), []any{1}); err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool {
		r, err := p.Role(RO).Space("log").Select(patience(t), Key(1), SelectOptions{})
		return err == nil && r.Len() == 1
	}, "the row to be replicated")
	servers[0].Freeze()
	_, err := log.Insert(patience(t), []any{2})
	var e *PoolError
	if !errors.As(err, &e) || !errors.Is(err, ErrMaybeExecuted) || !errors.Is(err, ErrSilent) || len(e.Tried) != 1 || e.Tried[0].Instance != "a" {
		t.Errorf("C173: got %v", err)
	}
	awaitMode(t, p, "a", ModeDown)
	servers[1].Promote()
	if _, err := log.Insert(patience(t), []any{3}); err != nil {
		t.Error(err)
	}
	servers[0].Thaw()
	servers[0].Demote()
	awaitMode(t, p, "a", ModeReadOnly)
	if _, err := log.Insert(patience(t), []any{4}); err != nil {
		t.Error(err)
	}
}

// missing counts the rows that were acknowledged and are not there.
func missing(t *testing.T, p *Pool, acknowledged [][]int64) (n int) {
	t.Helper()
	here := map[int64]bool{}
	for row, err := range p.Role(RW).Space("log").Pairs(patience(t), Key(), SelectOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		here[row.Int(0)] = true
	}
	for _, id := range slices.Concat(acknowledged...) {
		if !here[id] {
			n++
		}
	}
	return n
}
