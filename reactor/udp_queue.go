package reactor

import (
	"net"
	"net/netip"
	"sync"
)

// packets are datagrams that wait to be sent, one behind the other.
type packets struct {
	data []byte
	list []packet
}

// A packet begins where the one before it ends.
type packet struct {
	end int // in packets.data
	to  target
}

// A target is where a datagram goes: to addr, or to path on a unix socket, or,
// when it is zero, to the one remote end there is.
type target struct {
	addr netip.AddrPort
	zone uint32 // number of addr's zone
	path string
}

// begin returns where datagram i begins.
func (b *packets) begin(i int) int {
	if i == 0 {
		return 0
	}
	return b.list[i-1].end
}

// at returns datagrams i..i+n-1.
func (b *packets) at(i, n int) []byte { return b.data[b.begin(i):b.list[i+n-1].end] }

func (b *packets) size(i int) int { return b.list[i].end - b.begin(i) }

const (
	// maxTrain is how many datagrams a train has at most, and maxTrainBytes
	// how many bytes: the limits of Linux.
	maxTrain      = 64
	maxTrainBytes = maxDatagram - 48 // less the headers of UDP and IPv6
)

// train returns how many datagrams, from i on, may be handed to the kernel as
// one message: those to one target and of one size, which is limit at most,
// and at their end one that is shorter. At least one does.
func (b *packets) train(i, limit int) int {
	size, to := b.size(i), b.list[i].to
	if size == 0 || size > limit || to.addr.Addr().IsMulticast() {
		return 1
	}
	n := 1
	for total := size; n < maxTrain && i+n < len(b.list) && b.list[i+n].to == to; n++ {
		next := b.size(i + n)
		if total += next; next == 0 || next > size || total > maxTrainBytes {
			break
		}
		if next < size {
			return n + 1
		}
	}
	return n
}

// spareable is the capacity beyond which packets are not worth keeping, in
// bytes.
const spareable = 16 << 20

var packetPool = sync.Pool{New: func() any { return new(packets) }}

func getPackets() *packets { return packetPool.Get().(*packets) }

func putPackets(b *packets) {
	if b == nil || cap(b.data) > spareable {
		return
	}
	b.data, b.list = b.data[:0], b.list[:0]
	packetPool.Put(b)
}

// A udpQueue is what a socket has accepted for sending and its loop has not
// taken up. It is guarded by the socket's mutex.
type udpQueue struct {
	limit  int      // of size
	fresh  *packets // nil: none
	size   int      // what waits, with what the loop is sending; see packetCost
	sealed bool     // nothing more is taken
	told   bool     // the loop is on its way here
	corked bool     // the loop is in the handler and sends when that returns
	block  bool     // the loop waits for the writable edge
}

// add queues a copy of p and reports whether the loop has to be told.
func (q *udpQueue) add(p []byte, to target) (tell bool, err error) {
	cost := len(p) + packetCost
	switch {
	case q.sealed:
		return false, net.ErrClosed
	case q.size+cost > q.limit:
		return false, ErrQueueFull
	}
	if q.fresh == nil {
		q.fresh = getPackets()
	}
	b := q.fresh
	b.data = append(b.data, p...)
	b.list = append(b.list, packet{len(b.data), to})
	q.size += cost
	tell = !q.told && !q.corked && !q.block
	q.told = q.told || tell
	return tell, nil
}

// take returns what was queued; nil is nothing.
func (q *udpQueue) take() *packets {
	b := q.fresh
	q.fresh = nil
	return b
}

// drop forgets what is queued and takes no more.
func (q *udpQueue) drop() {
	q.sealed = true
	putPackets(q.fresh)
	q.fresh, q.size = nil, 0
}
