//go:build !unix

package sockets

import "time"

func waiting(int) int { return 0 }

func cpuTime() time.Duration { return 0 }

func closedOnExec(int) bool { return false }
