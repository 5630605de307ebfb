package prometheus

import (
	"iter"
	"strconv"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/kharon-net/kharon/reactor"
)

// Reactor collects the figures of a reactor, see reactor.Stats:
// kharon_reactor_…, each with the label loop, a number from 0. It panics when r
// is nil. Safe to call from any goroutine.
func Reactor(r *reactor.Reactor) prom.Collector {
	if r == nil {
		panic("prometheus: Reactor of nil")
	}
	return collect(reactorMetrics, "loop", func() iter.Seq2[string, reactor.Stats] {
		return func(yield func(string, reactor.Stats) bool) {
			for l, stats := range r.LoopStats() {
				if !yield(strconv.Itoa(l.ID()), stats) {
					return
				}
			}
		}
	})
}

var reactorMetrics = []metric[reactor.Stats]{
	gauge("kharon_reactor_connections", "Event-driven connections that are open.",
		func(s reactor.Stats) float64 { return float64(s.Conns) }),
	counter("kharon_reactor_connections_accepted_total", "Connections taken by listeners.",
		func(s reactor.Stats) float64 { return float64(s.Accepted) }),
	counter("kharon_reactor_accept_errors_total", "Failures of accept.",
		func(s reactor.Stats) float64 { return float64(s.AcceptErrors) }),
	counter("kharon_reactor_listener_limits_total", "Times a listener stopped because it had its most connections.",
		func(s reactor.Stats) float64 { return float64(s.Limited) }),
	counter("kharon_reactor_received_bytes_total", "Bytes read by connections.",
		func(s reactor.Stats) float64 { return float64(s.BytesIn) }),
	counter("kharon_reactor_sent_bytes_total", "Bytes written by connections.",
		func(s reactor.Stats) float64 { return float64(s.BytesOut) }),
	counter("kharon_reactor_received_datagrams_total", "Datagrams received.",
		func(s reactor.Stats) float64 { return float64(s.DatagramsIn) }),
	counter("kharon_reactor_sent_datagrams_total", "Datagrams sent.",
		func(s reactor.Stats) float64 { return float64(s.DatagramsOut) }),
	counter("kharon_reactor_reads_total", "System calls that read.",
		func(s reactor.Stats) float64 { return float64(s.Reads) }),
	counter("kharon_reactor_writes_total", "System calls that wrote.",
		func(s reactor.Stats) float64 { return float64(s.Writes) }),
	counter("kharon_reactor_wakeups_total", "Times the loop was woken for errands, timers or output.",
		func(s reactor.Stats) float64 { return float64(s.Kicks) }),
	counter("kharon_reactor_turns_total", "Turns of the loop.",
		func(s reactor.Stats) float64 { return float64(s.Turns) }),
	gauge("kharon_reactor_longest_turn_seconds", "The longest turn since the start.",
		func(s reactor.Stats) float64 { return s.LongestTurn.Seconds() }),
	counter("kharon_reactor_stalls_total", "Turns that took longer than they should.",
		func(s reactor.Stats) float64 { return float64(s.Stalls) }),
	counter("kharon_reactor_timers_fired_total", "Timers that fired.",
		func(s reactor.Stats) float64 { return float64(s.Timers) }),
	gauge("kharon_reactor_timers_armed", "Timers that will fire.",
		func(s reactor.Stats) float64 { return float64(s.ArmedTimers) }),
	counter("kharon_reactor_fibers_begun_total", "Fibers begun.",
		func(s reactor.Stats) float64 { return float64(s.Fibers) }),
	gauge("kharon_reactor_fibers", "Fibers that have not ended.",
		func(s reactor.Stats) float64 { return float64(s.LiveFibers) }),
	counter("kharon_reactor_output_pressures_total", "Times the output of a connection rose above its high watermark.",
		func(s reactor.Stats) float64 { return float64(s.Pressures) }),
	counter("kharon_reactor_input_pressures_total", "Times the unconsumed input of a connection rose above its high watermark.",
		func(s reactor.Stats) float64 { return float64(s.ReadPressures) }),
	counter("kharon_reactor_timeouts_total", "Connections ended by a deadline or the idle timeout.",
		func(s reactor.Stats) float64 { return float64(s.Timeouts) }),
	counter("kharon_reactor_panics_total", "Panics caught.",
		func(s reactor.Stats) float64 { return float64(s.Panics) }),
}
