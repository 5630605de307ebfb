package reactor_test

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

func TestCallerIsRecognised(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if x, onLoop := r.Caller(); x != nil || onLoop {
		t.Errorf("a goroutine: %v, %v", x, onLoop)
	}
	for range 3 { // the later ones run on a coroutine that has carried others
		fiber, err := r.Loop(1).Go(context.Background(), func(ctx context.Context) {
			if x, onLoop := r.Caller(); x != reactor.Current(ctx) || !onLoop {
				t.Errorf("a fiber: %v, %v", x, onLoop)
			}
			reactor.Await(ctx, func() {
				if x, onLoop := r.Caller(); x != nil || onLoop {
					t.Errorf("a worker of a fiber: %v, %v", x, onLoop)
				}
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := fiber.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	}
	called := make(chan struct{})
	_ = r.Loop(0).Post(func() {
		defer close(called)
		if x, onLoop := r.Caller(); x != nil || !onLoop {
			t.Errorf("a callback: %v, %v", x, onLoop)
		}
	})
	<-called
}
