// Package interop tests that clients by others can work with a server of
// package box. It has nothing but tests.
package interop
