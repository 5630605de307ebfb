package iproto_test

import (
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A client writes a call; a server reads it and answers that there is no such function.
func Example() {
	request, mark := iproto.BeginFrame(nil)
	request = iproto.AppendRequestHeader(request, iproto.TypeCall, 1, 0)
	request = iproto.AppendCallHead(request, "sum")
	request, err := msgp.AppendValue(request, []any{2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	request = iproto.EndFrame(request, mark)

	size, n, err := iproto.ParseFrameLength(request, 0)
	if err != nil || n == 0 {
		fmt.Println("no frame:", err)
		return
	}
	packet := request[n:][:size]
	header, n, err := iproto.ParseHeader(packet)
	if err != nil {
		fmt.Println(err)
		return
	}
	call, _, err := iproto.ParseCall(packet[n:])
	if err != nil {
		fmt.Println(err)
		return
	}
	args, _, err := msgp.Value(call.Args)
	fmt.Println(header.Type, header.Sync, string(call.Name), args, err)

	failure := iproto.NewError(iproto.CodeNoSuchProc, "Procedure 'sum' is not defined", "func", "sum")
	reply := failure.AppendReply(nil, header.Sync, 1)
	fmt.Println(len(reply), "bytes")
	// Output:
	// CALL 1 sum [2 3] <nil>
	// 152 bytes
}

func ExampleCode() {
	err := fmt.Errorf("calling: %w", iproto.NewError(iproto.CodeNoSuchProc, "Procedure 'f' is not defined"))
	fmt.Println(errors.Is(err, iproto.CodeNoSuchProc), errors.Is(err, iproto.CodeAccessDenied))
	fmt.Println(err)
	// Output:
	// true false
	// calling: Procedure 'f' is not defined (ER_NO_SUCH_PROC)
}
