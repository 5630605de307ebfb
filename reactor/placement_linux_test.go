package reactor_test

import (
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

func TestPeerHashSpreadsPeers(t *testing.T) {
	connect := placer(t, start(t, reactor.Config{Loops: 4}), reactor.PeerHash)
	var used [4]bool
	for i := range 100 { // all loops with a probability of 1 - 10^-12
		used[connect(fmt.Sprintf("127.0.1.%d", i)).loop] = true
	}
	if used != [4]bool{true, true, true, true} {
		t.Errorf("loops used: %v", used)
	}
}
