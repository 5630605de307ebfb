package ext

import (
	"strconv"
	"strings"
	"sync"
)

// Zone is the number of a time zone, from Tarantool's table: 0 is none.
type Zone uint16

const (
	maxZone   Zone = 1024 // the highest number that is taken
	firstIANA Zone = 672  // below are abbreviations, such as MSK
)

// zones are the tables of zones, made when they are needed first.
var zones = sync.OnceValue(func() (t struct {
	names   [maxZone + 1]string
	numbers map[string]Zone
}) {
	t.numbers = make(map[string]Zone, 700)
	eachZone(zoneTable, true, func(z Zone, name string) {
		t.names[z] = name
		t.numbers[name] = z
	})
	eachZone(zoneAliases, false, func(z Zone, name string) { t.numbers[name] = z })
	return t
})

// eachZone walks a table. Counting gives every name a number of its own.
func eachZone(table string, counting bool, found func(z Zone, name string)) {
	prefix := ""
	next := Zone(0)
	for word := range strings.FieldsSeq(table) {
		if n, err := strconv.Atoi(word); err == nil {
			next = Zone(n)
			if counting {
				prefix = ""
			}
			continue
		}
		if strings.HasSuffix(word, "/") {
			prefix = strings.TrimPrefix(word, "/")
			continue
		}
		found(next, prefix+word)
		if counting {
			next++
		}
	}
}

// ZoneOf gives the number of a zone by its name: one of the IANA Time Zone Database, such as "Europe/Moscow", or an
// abbreviation, such as "MSK". Zones that the table does not have are 0.
func ZoneOf(name string) Zone { return zones().numbers[name] }

// Name is the name of the zone, "" when it is 0 or unknown. time.LoadLocation knows those with a slash.
func (z Zone) Name() string {
	if z > maxZone {
		return ""
	}
	return zones().names[z]
}

// String is the name; numbers without one read "zone 1020".
func (z Zone) String() string {
	if name := z.Name(); name != "" {
		return name
	}
	return "zone " + strconv.Itoa(int(z))
}
