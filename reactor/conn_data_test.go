package reactor_test

import (
	"sync"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

func TestUserDataIsSeenEverywhere(t *testing.T) {
	c, _ := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	if v := c.UserData(); v != nil {
		t.Errorf("in the beginning it is %v", v)
	}
	var wg sync.WaitGroup
	for i := range 4 { // values of different types
		wg.Go(func() {
			for range 1000 {
				if i%2 == 0 {
					c.SetUserData(i)
				} else {
					c.SetUserData("text")
				}
				switch c.UserData().(type) {
				case int, string:
				default:
					t.Errorf("it is %v", c.UserData())
				}
			}
		})
	}
	wg.Wait()
	c.Abort(nil)
	c.SetUserData(nil)
	if v := c.UserData(); v != nil {
		t.Errorf("at the end it is %v", v)
	}
}
