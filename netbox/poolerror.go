package netbox

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kharon-net/kharon/codec/iproto"
)

// What may be wrong with a Pool.
var (
	// ErrNoInstance: no instance will do for the role.
	ErrNoInstance error = text("no instance will do")

	// ErrInstance: an instance of that name is in the Pool already, or is not.
	ErrInstance = errors.New("netbox: instance")
)

// A PoolError tells why a request of a Pool has no answer: which instances were
// tried, and what speaks against the others. An answer of a server, *Error, is
// not one.
//
// errors.Is finds ErrNotSent in it when none of them has been sent anything, and
// else ErrMaybeExecuted.
type PoolError struct {
	Role  Role
	Err   error           // why it ended: ErrNoInstance, ctx's cause, ErrClosed, the error of the last attempt
	Tried []InstanceError // the attempts, in order
	Unfit []InstanceError // the instances that would not have done in the end, and why
}

// An InstanceError is what was wrong with an instance.
type InstanceError struct {
	Instance string
	Err      error
}

// Error tells all of it.
func (e *PoolError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "netbox: pool: %v: %v", e.Role, e.Err)
	for _, t := range e.Tried {
		fmt.Fprintf(&b, "; tried %s: %v", t.Instance, t.Err)
	}
	for _, t := range e.Unfit {
		fmt.Fprintf(&b, "; %s is out: %v", t.Instance, t.Err)
	}
	return b.String()
}

// Unwrap returns why it ended.
func (e *PoolError) Unwrap() error { return e.Err }

// Is makes the error equal to iproto.CodeNoConnection, and to ErrNotSent or
// ErrMaybeExecuted.
func (e *PoolError) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return !e.sent()
	case ErrMaybeExecuted:
		return e.sent()
	}
	return target == error(iproto.CodeNoConnection)
}

// sent reports whether any attempt may have been executed.
func (e *PoolError) sent() bool {
	for _, t := range e.Tried {
		if !SafeToRetry(t.Err) {
			return true
		}
	}
	return false
}

// graver returns the error that Unwrap may show: when any attempt may have been
// executed, not one that says that it was not.
func (e *PoolError) graver(err error) error {
	if !SafeToRetry(err) {
		return err
	}
	for _, t := range e.Tried {
		if !SafeToRetry(t.Err) {
			return t.Err
		}
	}
	return err
}

// An unfit is what speaks against an instance that is up.
type unfit Mode

// Error names the mode.
func (u unfit) Error() string { return "it is " + Mode(u).String() }
