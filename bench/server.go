package main

import "time"

// servers has the one server that runs at the moment: the scenarios come
// sorted by kind, and a server of the next kind replaces the last one.
type servers struct {
	cfg   *config
	child *child // nil: none runs
}

// A server is what a load is put on.
type server struct {
	addr string
	cpu  func() (time.Duration, error) // nil: not known
}

// get returns a server of kind k: the one -addr names, or a child.
func (s *servers) get(k kind) (server, error) {
	if s.cfg.addr != "" {
		return server{addr: s.cfg.addr}, nil
	}
	if s.child != nil && s.child.kind != k {
		s.stop()
	}
	if s.child == nil {
		c, err := startChild(k, s.cfg)
		if err != nil {
			return server{}, err
		}
		s.child = c
	}
	return server{addr: s.child.addr, cpu: s.child.cpu}, nil
}

func (s *servers) stop() {
	if s.child != nil {
		s.child.stop()
		s.child = nil
	}
}
