package netbox

import "slices"

// slotBits is how many bits of a sync number tell the slot; the rest is how
// often the slot has been used. A late answer to a request that was given up
// on therefore never meets another one.
const slotBits = 20

const maxSlots = 1 << slotBits

// slots finds the future of a sync number.
//
//	sync   │ use of the slot │ slot, 20 bits │
//
// A slot stays taken until its answer has come, also when nobody waits any
// more. Guarded by the mu of its Conn.
type slots struct {
	futures []*Future // by slot; nil: free
	uses    []uint64
	free    []uint32
	base    uint64 // uses of slots that are new
}

// take finds a slot for f and returns its sync number, which is never 0. It
// fails when all slots are taken.
func (s *slots) take(f *Future) (sync uint64, ok bool) {
	if len(s.free) == 0 && !s.grow() {
		return 0, false
	}
	last := len(s.free) - 1
	i := s.free[last]
	s.free = s.free[:last]
	s.uses[i]++
	s.futures[i] = f
	return s.uses[i]<<slotBits | uint64(i), true
}

// grow makes more slots, twice as many as there were.
func (s *slots) grow() bool {
	n := len(s.futures)
	if n == maxSlots {
		return false
	}
	more := max(n, 64)
	s.futures = append(s.futures, make([]*Future, more)...)
	s.uses = append(s.uses, slices.Repeat([]uint64{s.base}, more)...)
	for i := n + more - 1; i >= n; i-- {
		s.free = append(s.free, uint32(i))
	}
	return true
}

// find returns the future of a sync number, or nil when nobody waits for it.
func (s *slots) find(sync uint64) *Future {
	i := sync & (maxSlots - 1)
	if i >= uint64(len(s.futures)) || s.uses[i] != sync>>slotBits {
		return nil
	}
	return s.futures[i]
}

// release frees the slot of a sync number that find has found.
func (s *slots) release(sync uint64) {
	i := sync & (maxSlots - 1)
	s.futures[i] = nil
	s.free = append(s.free, uint32(i))
}

// taken is how many slots are.
func (s *slots) taken() int { return len(s.futures) - len(s.free) }

// all empties the table and returns what was in it. Sync numbers go on growing.
func (s *slots) all() []*Future {
	var list []*Future
	for _, f := range s.futures {
		if f != nil {
			list = append(list, f)
		}
	}
	*s = slots{base: slices.Max(append(s.uses, s.base))}
	return list
}
