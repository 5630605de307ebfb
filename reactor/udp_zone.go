package reactor

import (
	"net/netip"
	"sync"
	"time"
)

// zoneAge is how long a zone is believed to have its number.
const zoneAge = time.Minute

// zones knows the numbers of the zones of link-local addresses, which the
// system is asked for by a slow call.
type zones struct {
	mu      sync.Mutex
	until   time.Time // when what is known is forgotten
	numbers map[string]uint32
	zoned   map[uint32]netip.Addr // an address of the zone
}

// expire makes both maps ready to use. Called with mu held.
func (z *zones) expire() {
	if now := time.Now(); now.After(z.until) {
		z.until = now.Add(zoneAge)
		z.numbers, z.zoned = map[string]uint32{}, map[uint32]netip.Addr{}
	}
}

// number returns the number of a zone. Safe to call from any goroutine.
func (z *zones) number(zone string) uint32 {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.expire()
	id, known := z.numbers[zone]
	if !known {
		id = zoneID(zone)
		z.numbers[zone] = id
	}
	return id
}

// in returns ip with the name of its zone. Safe to call from any goroutine.
func (z *zones) in(ip netip.Addr, id uint32) netip.Addr {
	if id == 0 {
		return ip
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.expire()
	example, known := z.zoned[id]
	if !known {
		example = ip.WithZone(zoneName(id))
		z.zoned[id] = example
	}
	return ip.WithZone(example.Zone())
}
