package netbox

// A Trace has functions that are called when something happens.
type Trace struct{}
