package box

import "sync/atomic"

// Stats are the figures of a server, at one moment. Names and meanings are
// those of Tarantool's box.stat.net where it has them.
type Stats struct {
	Connections        int    // open now
	ConnectionsTotal   uint64 // accepted since New
	ConnectionsRefused uint64 // beyond Config.MaxConns or MaxConnsPerAddress

	HandshakesFailed uint64 // of TLS, by what is no client and by those who took too long

	Requests           uint64       // received, malformed ones included
	ByType             RequestStats // of these
	Errors             uint64       // of these, answered with an error
	RequestsInProgress int          // begun, in streams or not, and not answered; those Inline do not count
	RequestsWaiting    int          // connections that are held up by Config.MaxRequests

	Streams               int    // that have requests or a transaction
	StreamsTotal          uint64 // since New
	RequestsInStreamQueue int    // that wait for those before them in their stream

	Pushes        uint64 // sent
	PushesDropped uint64 // dropped for newer ones, by DropOldest
	PushesRefused uint64 // answered with ErrOutputFull

	WatchedKeys int    // that have a value or are watched
	Watchers    int    // pairs of a session and a key
	Events      uint64 // sent

	Sent         uint64 // bytes the kernel has taken from us
	AuthFailures uint64 // AUTH requests with wrong credentials
	Panics       uint64 // caught in handlers and triggers
	Sessions     uint64 // the number of the last one
}

// serverCounts are what is counted for the server as a whole, because it
// happens seldom enough.
type serverCounts struct {
	connections, refused         atomic.Uint64
	streamsOpened                atomic.Uint64
	streams, streamQueue         atomic.Int64
	pushesDropped, pushesRefused atomic.Uint64
	authFailures, panics         atomic.Uint64
	handshakesFailed             atomic.Uint64
}

// sessionCounts are what is counted for each session, so that loops do not
// meet at one counter.
type sessionCounts struct {
	errors, events atomic.Uint64
}

// sessionTotals are sums of what sessions count.
type sessionTotals struct {
	requests                     kindTotals
	errors, pushes, events, sent uint64
}

func (t *sessionTotals) add(x *session) {
	x.tally.read(&t.requests)
	t.errors += x.counts.errors.Load()
	x.outbox.mu.Lock()
	t.pushes += x.outbox.taken
	x.outbox.mu.Unlock()
	t.events += x.counts.events.Load()
	t.sent += x.conn.Sent()
}

// Stats returns what the server has done. Safe to call from any goroutine.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	sum, open := s.past, len(s.sessions)
	for _, x := range s.sessions {
		sum.add(x)
	}
	s.mu.Unlock()
	keys, watchers := s.topics.counts()
	c := &s.counts
	return Stats{
		Connections: open, ConnectionsTotal: c.connections.Load(), ConnectionsRefused: c.refused.Load(),
		HandshakesFailed: c.handshakesFailed.Load(),
		Requests:         sum.requests.sum(), ByType: sum.requests.stats(), Errors: sum.errors, RequestsInProgress: int(s.turnstile.inside.Load()),
		RequestsWaiting: int(s.turnstile.count.Load()), Streams: int(c.streams.Load()),
		StreamsTotal: c.streamsOpened.Load(), RequestsInStreamQueue: int(c.streamQueue.Load()),
		Pushes: sum.pushes, PushesDropped: c.pushesDropped.Load(), PushesRefused: c.pushesRefused.Load(),
		WatchedKeys: keys, Watchers: watchers, Events: sum.events, Sent: sum.sent,
		AuthFailures: c.authFailures.Load(), Panics: c.panics.Load(), Sessions: s.lastID.Load(),
	}
}
