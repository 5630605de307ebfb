//go:build !linux

package reactor

// sysDelivered reports that nobody knows: the systems that tell do so in
// different ways.
func sysDelivered(int) bool { return false }

// sysTransmitted reports true, for want of an answer.
func sysTransmitted(int) bool { return true }
