package netbox

import "testing"

func TestSlotsNeverGiveASyncTwice(t *testing.T) {
	var s slots
	seen := map[uint64]bool{}
	for range 1000 {
		f := new(Future)
		sync, ok := s.take(f)
		if !ok || sync == 0 || seen[sync] {
			t.Fatalf("sync %d, ok %v, seen %v", sync, ok, seen[sync])
		}
		seen[sync] = true
		if s.find(sync) != f || s.find(sync+1<<slotBits) != nil || s.find(sync-1<<slotBits) != nil {
			t.Fatalf("sync %d is mistaken", sync)
		}
		s.release(sync)
		if s.find(sync) != nil {
			t.Fatalf("sync %d is found after its release", sync)
		}
	}
}

func TestSlotsGrowToAMillion(t *testing.T) {
	var s slots
	f := new(Future)
	syncs := make([]uint64, maxSlots)
	for i := range syncs {
		var ok bool
		if syncs[i], ok = s.take(f); !ok {
			t.Fatalf("no slot after %d", i)
		}
	}
	if _, ok := s.take(f); ok {
		t.Error("more slots than there are")
	}
	s.release(syncs[4711])
	if sync, ok := s.take(f); !ok || sync&(maxSlots-1) != syncs[4711]&(maxSlots-1) || sync == syncs[4711] {
		t.Errorf("got %d, %v", sync, ok)
	}
	if n := len(s.all()); n != maxSlots {
		t.Errorf("%d futures, want %d", n, maxSlots)
	}
}
