package netbox

import "context"

// A route is where the requests of a Requester go that are not all for one
// Conn: to the sockets of a Group, or to the instances of a Pool.
type route struct {
	// immutable
	group *Group // nil: it is a pool's
	pool  *Pool
	role  Role
}

// do is Conn.do for whichever connection it is to be. A request of a stream goes
// to the one the stream is of.
func (t *route) do(ctx context.Context, req *Request, use func(Result) error) error {
	switch {
	case req.stream != nil:
		return req.stream.conn.do(ctx, req, use)
	case t.group != nil:
		return t.group.pick().do(ctx, req, use)
	}
	return t.pool.do(ctx, t.role, req, use)
}

// send is Conn.send for whichever connection it is to be.
func (t *route) send(req *Request) *Future {
	if req.stream != nil {
		return req.stream.conn.send(req)
	}
	return t.pick().send(req)
}

// pick chooses a connection, one that takes requests if there is any.
func (t *route) pick() *Conn {
	if t.group != nil {
		return t.group.pick()
	}
	return t.pool.pickNow(t.role)
}

// pinned returns the Requester for one connection: for what lives in a session,
// as streams and prepared statements do.
func (r Requester) pinned() Requester {
	switch {
	case r.stream != nil:
		r.conn, r.route = r.stream.conn, nil
	case r.route != nil:
		r.conn, r.route = r.route.pick(), nil
	}
	return r
}

// names is where the names of spaces are known.
func (r Requester) names() *schema {
	if r.route != nil && r.route.pool != nil {
		return &r.route.pool.schema
	}
	return &r.conn.schema
}
