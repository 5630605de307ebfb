package reactor

// maxWorkers is how many functions given to Await run at once per reactor.
const maxWorkers = 256

// workers run blocking functions for fibers, a bounded number at a time.
type workers struct {
	slots chan struct{} // as many as run
}

func newWorkers() *workers { return &workers{make(chan struct{}, maxWorkers)} }

// run runs f on a goroutine, at once or when another one has ended. It does
// not wait.
func (w *workers) run(f func()) {
	go func() {
		w.slots <- struct{}{}
		defer func() { <-w.slots }()
		f()
	}()
}
