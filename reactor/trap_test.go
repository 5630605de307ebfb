//go:build unix

package reactor_test

import "testing"

// traps are the mistakes that networking libraries make, under the names of
// bench/compare/trap, which drives other libraries into them, too.
var traps = []struct {
	name string
	says string // what a library that passes does
	run  func(t *testing.T)
}{
	{"half-close", "a client that has finished sending gets the reply a goroutine makes later", trapHalfClose},
	{"write-close", "32 MiB written before Close arrive, and then the end", trapWriteClose},
	{"close-while-sending", "what was written before Close reaches a peer that is still sending", trapCloseWhileSending},
	{"writev-2000", "a writev of 2000 slices, more than one system call takes, arrives", trapManySlices},
	{"writev-16MiB", "a writev of 16 slices of 1 MiB arrives", trapLargeSlices},
	{"stream", "32 MiB copied from an io.Reader and flushed once arrive, and so does what is written after them", trapStream},
	{"unix-write", "16 MiB written to a unix socket arrive", trapUnixWrite},
	{"shutdown", "a graceful shutdown delivers what was written before", trapShutdown},
	{"stop-reading", "a handler that can take no more can stop its client", trapStopReading},
	{"take-nothing", "a handler that takes nothing stays within its watermark", trapTakeNothing},
	{"discard-0", "taking 0 bytes of the input takes none", trapDiscardNothing},
	{"emfile", "running out of descriptors in accept delays clients and harms nobody", trapEMFILE},
	{"restart", "a server that closed connections can be started again on its port at once", trapRestart},
	{"unix-in-use", "listening on the path of a unix socket that is served is refused", trapUnixInUse},
	{"dial-in-handler", "a call that waits is refused inside a handler", trapDialInHandler},
	{"dial-after-stop", "every call on what has stopped returns an error", trapCallsAfterStop},
	{"write-after-stop", "writing when the server was stopped returns an error", trapWriteAfterStop},
	{"fd-reuse", "what is written after the end never reaches the next descriptor of that number", trapDescriptorReuse},
	{"panic", "a handler that panics ends its connection and nothing else", trapPanic},
	{"tick", "timers run on the loop and not beside handlers", trapTick},
	{"datagram-later", "a datagram can be answered when its handler has returned", trapDatagramLater},
}

func TestTraps(t *testing.T) {
	for _, trap := range traps {
		t.Run(trap.name, func(t *testing.T) {
			trap.run(t)
			if t.Failed() {
				t.Logf("what should be: %s", trap.says)
			}
		})
	}
}
