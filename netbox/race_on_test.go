//go:build race

package netbox

const raceEnabled = true
