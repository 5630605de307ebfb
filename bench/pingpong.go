package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// message is what a ping-pong sends: 64 bytes that are a line.
var message = append(bytes.Repeat([]byte("kharon!"), 9), '\n')

// rally is a load of event-driven connections, each of which sends a message
// and sends it again when it has come back.
type rally struct {
	players []*player
	byLoop  []*latencies   // each owned by its loop while the load runs
	open    sync.WaitGroup // players that are connected
}

// A player is one connection of a rally.
type player struct {
	// immutable
	rally *rally
	conn  *reactor.Conn

	// owned by the loop while the load runs
	lat     *latencies
	stop    *atomic.Bool
	done    func() // the player plays no more
	playing bool
	since   time.Time // when the message left
	ops     int64
	err     error
}

// pingPong makes a load of n connections.
func pingPong(n int) func(context.Context, string) (load, error) {
	return func(ctx context.Context, addr string) (load, error) {
		r, err := reactor.Default()
		if err != nil {
			return nil, err
		}
		l := &rally{}
		for range r.Loops() {
			l.byLoop = append(l.byLoop, newLatencies())
		}
		for range n {
			if err := l.join(ctx, r, addr); err != nil {
				l.close()
				return nil, err
			}
		}
		return l, nil
	}
}

// join connects one more player.
func (l *rally) join(ctx context.Context, r *reactor.Reactor, addr string) error {
	p := &player{rally: l}
	l.open.Add(1)
	conn, err := r.Dial(ctx, "tcp", addr, p)
	if err != nil {
		l.open.Done()
		return err
	}
	p.conn = conn
	p.lat = l.byLoop[conn.Loop().ID()]
	l.players = append(l.players, p)
	return nil
}

// run lets the players play until one fails or stop is set.
func (l *rally) run(stop *atomic.Bool) (ops int64, err error) {
	var wg sync.WaitGroup
	wg.Add(len(l.players))
	for _, p := range l.players {
		begin := func() {
			p.stop, p.done, p.playing, p.ops, p.err = stop, wg.Done, true, 0, nil
			p.send(time.Now())
		}
		if err := p.conn.Loop().Post(begin); err != nil {
			p.err = err // the loop has stopped: nothing else touches p
			wg.Done()
		}
	}
	wg.Wait()
	for _, p := range l.players {
		ops += p.ops
		if err == nil {
			err = p.err
		}
	}
	return ops, err
}

func (p *player) send(now time.Time) {
	p.since = now
	if err := p.conn.WriteNow(message); err != nil {
		p.rest(err)
	}
}

// rest ends the player's part of this run, once.
func (p *player) rest(err error) {
	if !p.playing {
		return
	}
	p.playing = false
	p.err = err
	if err != nil {
		p.stop.Store(true)
	}
	p.done()
}

// OnData counts the message that has come back and sends it again.
func (p *player) OnData(c *reactor.Conn, b []byte) (n int) {
	if len(b) < len(message) {
		return 0
	}
	if !p.playing || !bytes.Equal(b, message) {
		c.Abort(fmt.Errorf("%.80q came back", b))
		return len(b)
	}
	now := time.Now()
	p.lat.add(now.Sub(p.since))
	p.ops++
	if p.stop.Load() {
		p.rest(nil)
	} else {
		p.send(now)
	}
	return len(b)
}

// OnClose ends a run that is under way with the reason.
func (p *player) OnClose(_ *reactor.Conn, err error) {
	if err == nil {
		err = errClosed
	}
	p.rest(err)
	p.rally.open.Done()
}

var errClosed = errors.New("the connection was closed")

func (l *rally) latencies() *latencies { return newLatencies().drain(l.byLoop...) }

// close returns when all connections have ended.
func (l *rally) close() {
	for _, p := range l.players {
		_ = p.conn.Close()
	}
	l.open.Wait()
}
