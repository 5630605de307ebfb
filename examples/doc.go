// Package examples holds small programs, each in a folder of its own: servers
// and clients to run, to read and to begin from.
package examples
