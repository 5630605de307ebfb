//go:build !kharon_debug

package box

// An obituary checks nothing: the checks are compiled in by the tag
// kharon_debug.
type obituary struct{}

func (*obituary) bury([]byte) (kept bool) { return false }
func (*obituary) mustLive(string)         {}
