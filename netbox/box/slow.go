package box

// A SlowReader says what becomes of a push that finds the output of its
// session full, because the client does not take it: more than
// Config.OutputBudget bytes would wait. A push that finds nothing waiting is
// always taken, however long it is.
type SlowReader int

const (
	// Fail gives up at once: Push returns ErrOutputFull, and nothing is sent.
	// This is the default.
	Fail SlowReader = iota + 1

	// Block waits until the client has taken what is there, the context is
	// done or the session ends. In the mode Inline, where nothing may wait, it
	// is Fail.
	Block

	// DropOldest drops pushes that wait, the oldest first, until there is
	// room. Pushes of this kind fill half of the budget at most with what can
	// not be dropped any more, because it is on its way.
	DropOldest

	// Disconnect ends the connection.
	Disconnect
)

// String returns "fail", "block", "drop oldest" or "disconnect".
func (p SlowReader) String() string {
	switch p {
	case Fail:
		return "fail"
	case Block:
		return "block"
	case DropOldest:
		return "drop oldest"
	case Disconnect:
		return "disconnect"
	}
	return "default"
}
