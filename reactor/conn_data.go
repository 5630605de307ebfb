package reactor

// SetUserData keeps v with the connection, in place of what was kept before.
// It is one atomic pointer: whoever reads it sees a value as it was when it
// was set, so what v points to needs a lock of its own if it changes. Each call
// allocates. Safe to call from any goroutine.
func (c *Conn) SetUserData(v any) { c.data.Store(&v) }

// UserData returns what SetUserData was given last, and nil before that. It
// still does when the connection has ended. Safe to call from any goroutine.
func (c *Conn) UserData() any {
	if p := c.data.Load(); p != nil {
		return *p
	}
	return nil
}
