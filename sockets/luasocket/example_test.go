package luasocket_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/kharon-net/kharon/sockets"
	"github.com/kharon-net/kharon/sockets/luasocket"
)

// The example of Tarantool's manual, with a server that takes its time: a
// request is sent, and the timeout is too short for the answer.
func Example() {
	srv, err := sockets.TCPServer("127.0.0.1", "0", func(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
		_, _ = s.ReadUntil(sockets.Forever, "the answer never comes")
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = srv.Shutdown(context.Background()) }()

	sock, err := luasocket.Connect("127.0.0.1", strconv.Itoa(srv.Addr().Port))
	if err != nil {
		fmt.Println(err)
		return
	}
	sock.Tarantool(true)
	sock.Settimeout(0.001)
	fmt.Println(sock.Send("HEAD / HTTP/1.0\r\nHost: tarantool.org\r\n\r\n"))
	_, _, err = sock.ReceiveN(17)
	fmt.Println(err)
	sock.Close()
	// Output:
	// 40 <nil>
	// Connection timed out
}
