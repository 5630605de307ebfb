//go:build race

package msgp

const raceEnabled = true
