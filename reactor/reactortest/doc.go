// Package reactortest holds what the tests of every Kharon package share. It imports none of them, so each may use it.
//
//   - [Main] runs a package's tests and then fails them when a goroutine or a file descriptor was left behind;
//   - [Need] finds the program a test compares itself with, and says loudly when it is not there;
//   - [Eventually] waits for a condition, so that no test has to sleep and hope.
//
// A package under test begins with three lines:
//
//	func TestMain(m *testing.M) { reactortest.Main(m) }
//
// It does not start reactors, servers or peers. A real Tarantool is in netbox/internal/tarantooltest.
package reactortest
