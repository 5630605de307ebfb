package netbox

import (
	"context"
	"fmt"
)

// dial connects l to the server.
func (c *Conn) dial(ctx context.Context, l *link) error {
	rc, err := c.opts.Reactor.Dial(ctx, c.network, c.address, peer{l})
	if err != nil {
		return fmt.Errorf("netbox: %w", err)
	}
	l.attach(rc)
	return nil
}
