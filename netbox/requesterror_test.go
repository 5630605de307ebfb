package netbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/box"
)

func TestErrorsNameTheRequestAndThePeer(t *testing.T) {
	c := local(t, box.Goroutine)
	c2 := local(t, box.Goroutine)
	if err := c2.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	over, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	_, late := c.Call(over, "sleepy")
	discarded := c.Send(Ping())
	discarded.Discard()
	wait := func(f *Future) error {
		_, err := f.Wait(ctx)
		return err
	}
	_, nobody := c.Call(ctx, "nobody")
	_, closed := c2.Eval(ctx, "return 1")
	_, encoding := c.Call(ctx, "echo", make(chan int))
	_, selecting := c.SpaceByID(512).Select(ctx, Key(), SelectOptions{})
	for _, tt := range []struct {
		name string
		err  error
		is   error
		want string // PEER is the address
	}{
		{"of the server", nobody, iproto.CodeNoSuchProc, "netbox: CALL PEER: Procedure 'nobody' is not defined (ER_NO_SUCH_PROC)"},
		{"of the server, sent", wait(c.Send(Call("nobody"))), iproto.CodeNoSuchProc,
			"netbox: CALL PEER: Procedure 'nobody' is not defined (ER_NO_SUCH_PROC)"},
		{"of a space", selecting, iproto.CodeNoSuchSpace, "netbox: SELECT PEER: Space '512' does not exist (ER_NO_SUCH_SPACE)"},
		{"of the context", late, context.DeadlineExceeded, "netbox: CALL PEER: context deadline exceeded"},
		{"of the arguments", encoding, errEncode, "netbox: CALL PEER: can not encode the arguments: "},
		{"of the caller", wait(discarded), ErrDiscarded, "netbox: PING PEER: Response is discarded"},
		{"of the connection", closed, ErrNotSent, "netbox: EVAL PEER: Connection closed (request not sent)"},
		{"of the connection, sent", wait(c2.Send(Ping())), ErrClosed, "netbox: PING PEER: Connection closed (request not sent)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e *RequestError
			if !errors.As(tt.err, &e) || !errors.Is(tt.err, tt.is) {
				t.Fatalf("got %#v, %v", tt.err, tt.err)
			}
			peer := c.Peer()
			if e.Peer == c2.Peer() {
				peer = c2.Peer()
			}
			if want := strings.Replace(tt.want, "PEER", peer, 1); !strings.HasPrefix(tt.err.Error(), want) {
				t.Errorf("got  %s\nwant %s", tt.err, want)
			}
		})
	}
}
