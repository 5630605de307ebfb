package reactor

// Events is a set of things a descriptor may be ready for. The zero value is
// nothing; String gives "", "R", "W" or "RW".
type Events uint8

// The bits of Events. Readable and Writable are hints to try the system call,
// never promises: its own answer is the truth.
const (
	Readable Events = 1 << iota
	Writable

	// ended: the peer has closed its end, the descriptor is broken, or urgent
	// data cut a read short; whoever reads must read until the kernel says
	// there is no more, because no further edge will come.
	ended

	// hangup: the peer has closed its end, or the descriptor is broken.
	hangup
)

// String returns the letters of the set, as Tarantool's socket:wait does.
func (e Events) String() string {
	switch e & (Readable | Writable) {
	case Readable:
		return "R"
	case Writable:
		return "W"
	case Readable | Writable:
		return "RW"
	}
	return ""
}
