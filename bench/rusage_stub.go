//go:build !unix

package main

import (
	"errors"
	"fmt"
	"time"
)

// cpuTime is for systems that Kharon supports.
func cpuTime() (time.Duration, error) {
	return 0, fmt.Errorf("measuring on this system: %w", errors.ErrUnsupported)
}
