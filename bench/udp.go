package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// udpPatience is after how long a datagram counts as lost and is sent again.
const udpPatience = 200 * time.Millisecond

// udpRally is a load of connected sockets, each of which sends a datagram and
// sends another one when it has come back.
type udpRally struct {
	players []*udpPlayer
	byLoop  []*latencies // each owned by its loop while the load runs
}

// A udpPlayer is one socket of a udpRally.
type udpPlayer struct {
	socket *reactor.UDP // immutable

	// owned by the loop while the load runs
	lat     *latencies
	stop    *atomic.Bool
	done    func() // the player plays no more
	message []byte // begins with its number
	number  uint64
	playing bool
	since   time.Time // when the message left first
	retry   *reactor.Timer
	ops     int64
	err     error
}

// udpPingPong makes a load of n sockets.
func udpPingPong(n int) func(context.Context, string) (load, error) {
	return func(ctx context.Context, addr string) (load, error) {
		r, err := reactor.Default()
		if err != nil {
			return nil, err
		}
		l := &udpRally{}
		for range r.Loops() {
			l.byLoop = append(l.byLoop, newLatencies())
		}
		for range n {
			p := &udpPlayer{message: bytes.Clone(message)}
			if p.socket, err = r.DialUDP(ctx, "udp", addr, reactor.UDPConfig{}, p); err != nil {
				l.close()
				return nil, err
			}
			p.lat = l.byLoop[p.socket.Loop().ID()]
			l.players = append(l.players, p)
		}
		return l, nil
	}
}

// run lets the players play until one fails or stop is set.
func (l *udpRally) run(stop *atomic.Bool) (ops int64, err error) {
	var wg sync.WaitGroup
	wg.Add(len(l.players))
	for _, p := range l.players {
		begin := func() {
			p.stop, p.done, p.playing, p.ops, p.err = stop, wg.Done, true, 0, nil
			p.serve(time.Now())
		}
		if err := p.socket.Loop().Post(begin); err != nil {
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

// serve sends the next message.
func (p *udpPlayer) serve(now time.Time) {
	p.since = now
	p.number++
	binary.BigEndian.PutUint64(p.message, p.number)
	p.send()
}

func (p *udpPlayer) send() {
	if p.retry == nil {
		p.retry = p.socket.Loop().AfterFunc(udpPatience, p.lost)
	} else {
		p.retry.Reset(udpPatience)
	}
	if err := p.socket.Send(p.message, netip.AddrPort{}); err != nil {
		p.rest(err)
	}
}

// lost sends the message again that has not come back.
func (p *udpPlayer) lost() {
	if !p.playing {
		return
	}
	if p.stop.Load() && time.Since(p.since) > 10*udpPatience {
		p.rest(fmt.Errorf("no answer in %v", time.Since(p.since)))
		return
	}
	p.send()
}

// rest ends the player's part of this run, once.
func (p *udpPlayer) rest(err error) {
	if !p.playing {
		return
	}
	p.playing = false
	p.err = err
	p.retry.Stop()
	if err != nil {
		p.stop.Store(true)
	}
	p.done()
}

// OnDatagram counts the message that has come back and sends the next one.
func (p *udpPlayer) OnDatagram(_ *reactor.UDP, d reactor.Datagram) {
	if !p.playing || !bytes.Equal(d.Data, p.message) {
		return // the answer to one that was sent twice
	}
	now := time.Now()
	p.lat.add(now.Sub(p.since))
	p.ops++
	if p.stop.Load() {
		p.rest(nil)
	} else {
		p.serve(now)
	}
}

// OnError ends the run: nobody listens there.
func (p *udpPlayer) OnError(_ *reactor.UDP, err error) { p.rest(err) }

// OnClose ends a run that is under way with the reason.
func (p *udpPlayer) OnClose(_ *reactor.UDP, err error) {
	if err == nil {
		err = errClosed
	}
	p.rest(err)
}

func (l *udpRally) latencies() *latencies { return newLatencies().drain(l.byLoop...) }

// close returns when all sockets have ended.
func (l *udpRally) close() {
	for _, p := range l.players {
		_ = p.socket.Close()
		<-p.socket.Closed()
	}
}
