//go:build !linux

package reactor

import "errors"

const maxCPU = 1023

// sysPin would bind the calling thread to one CPU.
func sysPin(int) error { return errors.ErrUnsupported }
