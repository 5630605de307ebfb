package netbox

import "fmt"

// A Role is which instances of a Pool may execute a request.
type Role uint8

// The roles. Which instance has which is what the instances say of themselves:
// box.info.ro.
const (
	RW       Role = iota // one that can be written to
	RO                   // one that is read-only
	PreferRW             // one that can be written to, or else a read-only one
	PreferRO             // a read-only one, or else one that can be written to
	Any                  // whichever has the least to do
)

var roleNames = [...]string{"RW", "RO", "PreferRW", "PreferRO", "Any"}

// String names the role, e.g. "PreferRO".
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// A Mode is what an instance of a Pool can be used for at present.
type Mode uint8

// The modes of an instance.
const (
	ModeDown      Mode = iota // not at all
	ModeUnknown               // it answers, but does not tell what it is: for Any only
	ModeReadOnly              // for reading
	ModeReadWrite             // for reading and writing
)

var modeNames = [...]string{"down", "unknown", "read-only", "read-write"}

// String names the mode, e.g. "read-only".
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// choices are the sets of modes that will do for a role, the better one first.
// The second is empty when there is nothing to fall back to.
var choices = [...][2]modeSet{
	RW:       {setOf(ModeReadWrite)},
	RO:       {setOf(ModeReadOnly)},
	PreferRW: {setOf(ModeReadWrite), setOf(ModeReadOnly)},
	PreferRO: {setOf(ModeReadOnly), setOf(ModeReadWrite)},
	Any:      {setOf(ModeReadWrite, ModeReadOnly, ModeUnknown)},
}

// A modeSet is a set of modes.
type modeSet uint8

func setOf(modes ...Mode) (s modeSet) {
	for _, m := range modes {
		s |= 1 << m
	}
	return s
}

func (s modeSet) has(m Mode) bool { return s&(1<<m) != 0 }
