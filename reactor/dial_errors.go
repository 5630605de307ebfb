package reactor

import (
	"errors"
	"net"
	"strings"
)

// errNoAnswer is what an attempt says that was given up.
var errNoAnswer = errors.New("no answer")

// failure is the error of a race that nobody has won.
func (x *race) failure(cause error) error {
	switch {
	case len(x.errs) == 0:
		return dialError(x.network, nil, cause)
	case len(x.errs) > 1:
		return dialError(x.network, nil, &dialErrors{cause, x.errs})
	}
	only := x.errs[0].(*net.OpError) //nolint:errorlint // made by us
	switch {
	case cause == nil:
	case only.Err == errNoAnswer: //nolint:errorlint // our own value
		only.Err = cause
	default:
		only.Err = &dialErrors{cause, []error{only.Err}}
	}
	return only
}

// dialErrors is what several attempts said, and what ended them all, if
// anything but their failure has.
type dialErrors struct {
	cause    error
	attempts []error
}

func (e *dialErrors) Unwrap() []error {
	if e.cause == nil {
		return e.attempts
	}
	return append([]error{e.cause}, e.attempts...)
}

// Error returns all of them on one line.
func (e *dialErrors) Error() string {
	texts := make([]string, 0, 1+len(e.attempts))
	for _, err := range e.Unwrap() {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// Timeout reports whether a timeout has ended the attempts.
func (e *dialErrors) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.cause, &t) && t.Timeout()
}
