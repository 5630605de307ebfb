package netbox

// A route is where the requests of a Requester go that are not all for one
// Conn: to the sockets of a Group, or to the instances of a Pool.
type route struct {
	// immutable
	group *Group // nil: it is a pool's
	pool  *Pool
	role  Role
}

// conn returns the connection a request goes to, nil when the pool sees to it. A
// request of a stream goes where the stream is.
func (t *route) conn(req *Request) *Conn {
	switch {
	case req.stream != nil:
		return req.stream.conn
	case t.group != nil:
		return t.group.pick()
	}
	return nil
}

// send is Conn.send for whichever connection it is to be.
func (t *route) send(req *Request) *Future {
	c := t.conn(req)
	if c == nil {
		c = t.pool.pickNow(t.role)
	}
	return c.send(req, false)
}

// pinned returns the Requester for one connection: for what lives in a session,
// as streams and prepared statements do.
func (r Requester) pinned() Requester {
	switch {
	case r.stream != nil:
		r.conn, r.route = r.stream.conn, nil
	case r.route != nil && r.route.group != nil:
		r.conn, r.route = r.route.group.pick(), nil
	case r.route != nil:
		r.conn, r.route = r.route.pool.pickNow(r.route.role), nil
	}
	return r
}

// names is where the names of spaces are known.
func (r Requester) names() *schema {
	if r.route != nil && r.route.pool != nil {
		return &r.route.pool.schema
	}
	return r.conn.schema
}
