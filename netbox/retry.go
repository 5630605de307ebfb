package netbox

// Retry is a policy for requests that have failed with their connection.
type Retry struct{}

func (r *Retry) check() error { return nil }
