package ext

import (
	"testing"
	"time"
)

func TestZonesHaveTheNumbersOfTarantool(t *testing.T) {
	for name, want := range map[string]Zone{
		"A": 1, "Z": 25, "AT": 32, "WT": 120, "ACT": 128, "AZT": 136, "BDT": 144, "CAT": 152, "CXT": 162, "EST": 173, "GMT": 186,
		"IST": 211, "MSK": 238, "MYT": 242, "NUT": 254, "RET": 272, "UTC": 296, "UZT": 298, "WST": 320, "BRST": 345, "CLST": 361,
		"EGST": 382, "MESZ": 436, "PYST": 462, "WITA": 518, "YEKT": 522, "CIDST": 540, "NOVST": 592, "YEKST": 649, "HOVDST": 664,
		"Africa/Abidjan": 672, "Africa/Windhoek": 690, "America/Adak": 691, "America/Bahia_Banderas": 708, "America/Denver": 727,
		"America/Indiana/Winamac": 750, "America/New_York": 774, "America/Nuuk": 781, "America/Rio_Branco": 796,
		"America/St_Johns": 803, "America/Yellowknife": 814, "Antarctica/Vostok": 822, "Asia/Almaty": 823, "Asia/Kolkata": 860,
		"Asia/Qatar": 875, "Asia/Yerevan": 899, "Atlantic/Stanley": 908, "Australia/Sydney": 919, "Etc/GMT": 920, "Etc/UTC": 921,
		"Europe/Amsterdam": 922, "Europe/Kiev": 938, "Europe/Moscow": 947, "Europe/Zurich": 967, "Indian/Reunion": 975,
		"Pacific/Apia": 976, "Pacific/Kanton": 991, "Pacific/Wallis": 1011,
		"US/Pacific": 759, "W-SU": 947, "Europe/Kyiv": 938, "GB": 941, "Zulu": 921, "America/Virgin": 789, "nowhere": 0, "": 0,
	} {
		if got := ZoneOf(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
		if back := want.Name(); want >= 32 && ZoneOf(back) != want {
			t.Errorf("%d is %q, which is %d", want, back, ZoneOf(back))
		}
	}
	for z, want := range map[Zone]string{0: "zone 0", 26: "zone 26", 947: "Europe/Moscow", 1024: "zone 1024", 1025: "zone 1025", 65535: "zone 65535"} {
		if z.String() != want {
			t.Errorf("%v, want %s", z, want)
		}
	}
}

// Every name is one of the time zone database, and other names of a zone are that zone.
func TestZonesAreThoseOfTheTimeZoneDatabase(t *testing.T) {
	named := 0
	for name, z := range zones().numbers {
		if z < firstIANA {
			continue
		}
		named++
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		main, err := time.LoadLocation(z.Name())
		if err != nil {
			t.Errorf("%q: %v", z.Name(), err)
			continue
		}
		for month := time.January; month <= time.December; month++ {
			at := time.Date(2023, month, 15, 12, 0, 0, 0, time.UTC)
			_, a := at.In(loc).Zone()
			if _, b := at.In(main).Zone(); a != b {
				t.Errorf("%s is %s in Tarantool, but they differ in %s", name, z.Name(), month)
			}
		}
	}
	if named < 550 {
		t.Errorf("only %d names", named)
	}
	count := 0
	for z := firstIANA; z <= maxZone; z++ {
		if z.Name() != "" {
			count++
		}
	}
	if count != 1011-672+1 {
		t.Errorf("%d zones have a name", count)
	}
}
