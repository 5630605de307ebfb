//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "compare: runs on Linux: its client is written for epoll")
	os.Exit(1)
}
