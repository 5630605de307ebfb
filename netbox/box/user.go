package box

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// guestName is who a session is before AUTH.
const guestName = "guest"

// A Right is what a user may do, or several of them.
type Right uint8

const (
	// Execute is to call functions, to EVAL and to run SQL.
	Execute Right = 1 << iota

	// Read is to SELECT.
	Read

	// Write is to change tuples.
	Write

	// All is everything.
	All = Execute | Read | Write
)

// String returns "Execute", "Read", "Write" or, for several, "Access".
func (r Right) String() string {
	switch r {
	case Execute:
		return "Execute"
	case Read:
		return "Read"
	case Write:
		return "Write"
	}
	return "Access"
}

// A Grant is a right on one object.
type Grant struct {
	Right Right
	Type  string // "function", "space", "universe" (EVAL) or "sql"
	Name  string // of the function or space
}

// A User is somebody who may log in. Of the password only hashes are kept.
type User struct {
	// Name is by which AUTH knows the user. The user "guest" is who a session
	// is without AUTH: it is there from the beginning, with all rights and
	// without a password, until SetUser changes that.
	Name string

	// Password proves who logs in. Who has none can not log in, but guest.
	Password string

	// Rights are those on everything.
	Rights Right

	// Grants are those on single objects.
	Grants []Grant

	// NoSession keeps the user from logging in with the right password: the
	// error tells of the missing right, as in Tarantool.
	NoSession bool
}

// An account is a user as sessions hold it: what the user may do can change
// while they do.
type account struct {
	name   string
	rights atomic.Pointer[rights]
}

// rights are what an account may do, and its password. They are not changed
// once published.
type rights struct {
	all       Right
	on        map[object]Right
	noSession bool
	password  bool
	chap      iproto.PasswordHash
	pap       iproto.PapSHA256
}

type object struct{ kind, name string }

// SetUser adds a user, or changes one, also for the sessions that are logged
// in. Safe to call from any goroutine, also while the server runs.
func (s *Server) SetUser(u User) error {
	if u.Name == "" {
		return errors.New("box: User.Name is empty")
	}
	r := &rights{all: u.Rights, on: map[object]Right{}, noSession: u.NoSession, password: u.Password != "",
		chap: iproto.HashPassword(u.Password), pap: iproto.NewPapSHA256(u.Password)}
	for _, g := range u.Grants {
		r.on[object{g.Type, g.Name}] |= g.Right
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.users[u.Name]
	if a == nil {
		a = &account{name: u.Name}
		s.users[u.Name] = a
	}
	a.rights.Store(r)
	return nil
}

// DropUser takes a user away. Sessions that are logged in stay so, without any
// right. The guest can not be dropped. Safe to call from any goroutine, also
// while the server runs.
func (s *Server) DropUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.users[name]; a != nil && name != guestName {
		a.rights.Store(&rights{noSession: true})
		delete(s.users, name)
	}
}

// account returns the account of a name, nil when there is none.
func (s *Server) account(name string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[name]
}

// everything reports whether the account has a right without exception.
func (a *account) everything(r Right) bool { return a.rights.Load().all&r == r }

// check returns the error about a right that is missing, or nil.
func (a *account) check(right Right, kind, name string) *iproto.Error {
	r := a.rights.Load()
	if (r.all|r.on[object{kind, name}])&right == right {
		return nil
	}
	return accessDenied(right.String(), kind, name, a.name)
}

// accessDenied is the error as Tarantool has it.
func accessDenied(access, kind, name, user string) *iproto.Error {
	text := fmt.Sprintf("%s access to %s '%s' is denied for user '%s'", access, kind, name, user)
	fields := msgp.AppendMapHeader(nil, 4)
	for _, s := range []string{"object_type", kind, "object_name", name, "access_type", access, "user", user} {
		fields = msgp.AppendString(fields, s)
	}
	return &iproto.Error{Code: iproto.CodeAccessDenied, Message: text, Stack: []iproto.ErrorFrame{{
		Type: "AccessDeniedError", Message: text, Code: iproto.CodeAccessDenied, Fields: fields}}}
}
