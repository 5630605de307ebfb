package box

import (
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
)

func TestAnswersOfFibersSurviveInputInTheSameTurn(t *testing.T) {
	srv, addr := start(t, Config{Mode: Fiber})
	c := dialRaw(t, addr)
	c.expectAlive()
	x := srv.open()[0]
	err := x.conn.Loop().Post(func() {
		// What a fiber does that is woken by an errand, and what another errand, or the end of a pause, does after it.
		p := srv.fibersOf(x.conn.Loop())
		x.collect()
		p.dirty = append(p.dirty, x)
		p.mind()
		x.out.B = iproto.AppendOK(x.out.B, 1, 1)
		x.OnData(nil, iproto.AppendPing(nil, 2, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	c.expectOK(1)
	c.expectOK(2)
	c.write(call(3, "echo", 1)) // the fibers of the loop go on
	c.expectOK(3)
}
