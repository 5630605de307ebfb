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

// A client proves that it knows a password; a server that keeps the password's hash verifies it.
func ExampleScramble() {
	salt := []byte("of the greeting, 20 bytes or more")
	kept := iproto.HashPassword("secret")

	scramble, err := iproto.Scramble(salt, "secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	body := iproto.Auth{User: []byte("alice"), Method: []byte(iproto.AuthChapSHA1), Data: scramble[:]}.Append(nil)

	auth, _, err := iproto.ParseAuth(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(auth.User), kept.Verify(salt, auth.Data))
	// Output: alice true
}

func ExampleSelect() {
	page := iproto.Select{
		Space:         iproto.Ref{Name: []byte("bands")},
		Iterator:      iproto.IteratorGE,
		Limit:         10,
		Key:           msgp.AppendUint(msgp.AppendArrayHeader(nil, 1), 1986),
		FetchPosition: true,
	}
	s, _, err := iproto.ParseSelect(page.Append(nil))
	fmt.Println(string(s.Space.Name), s.Index.ID, s.Iterator, s.Limit, err)
	// Output: bands 0 GE 10 <nil>
}
