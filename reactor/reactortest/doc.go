// Package reactortest holds what the tests of every Kharon package share, and of those who build on them.
//
//   - [Main] runs a package's tests and then fails them when a goroutine or a file descriptor was left behind;
//   - [NewLoop] is a loop run by hand and by a clock of its own, with connections whose other end the test holds;
//   - [TestHandler] tests a [reactor.Handler] with its input in every kind of pieces, cut short, and followed by rubbish;
//   - [Need] finds the program a test compares itself with, and says loudly when it is not there;
//   - [NameServer] is a resolver for which every name has the addresses the test says;
//   - [Eventually] waits for a condition, so that no test has to sleep and hope.
//
// A package under test begins with three lines:
//
//	func TestMain(m *testing.M) { reactortest.Main(m) }
//
// Of the module it imports reactor alone, so every package but that one may use it everywhere, and reactor in its
// external tests. It does not start servers or peers. A real Tarantool is in netbox/internal/tarantooltest.
package reactortest
