package box

import (
	"context"
	"errors"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestS212SendToASession(t *testing.T) {
	srv, addr := start(t, Config{})
	c := dialRaw(t, addr)
	c.expectAlive()
	header, body := unhex(t, "82 00 cd03e7 01 07"), unhex(t, "81 10 a178")
	if err := srv.Send(1, header, body); err != nil {
		t.Fatal(err)
	}
	if p := c.take(); string(p.frame) != "\xce\x00\x00\x00\x0b"+string(header)+string(body) {
		t.Errorf("got %x", p.frame)
	}
	if err := srv.Send(1, header, nil); err != nil {
		t.Fatal(err)
	}
	if p := c.take(); string(p.frame) != "\xce\x00\x00\x00\x07"+string(header) {
		t.Errorf("got %x", p.frame)
	}
	if err := srv.Send(4711, header, nil); !errors.Is(err, iproto.CodeNoSuchSession) || err.(*iproto.Error).Message != "Session 4711 does not exist" { //nolint:errorlint // its text matters
		t.Errorf("got %v", err)
	}
	c.hangUp("reset")
	reactortest.Eventually(t, func() bool { return errors.Is(srv.Send(1, header, nil), iproto.CodeNoSuchSession) }, "the session to end")
}

func TestS213Overrides(t *testing.T) {
	srv, addr := start(t, Config{})
	c := dialRaw(t, addr)
	answer := func(_ context.Context, client Session, h iproto.Header, _ []byte) (bool, error) {
		return true, srv.Send(client.ID(), unhex(t, "82 00 00 01 07"), []byte{0x80})
	}
	calls := 0
	srv.Override(iproto.TypePing, func(_ context.Context, _ Session, h iproto.Header, _ []byte) (bool, error) {
		calls++
		switch h.Sync {
		case 1:
			return false, nil
		case 2:
			return false, Errorf(4242, "not now")
		case 3:
			return true, errors.New("plain")
		case 4:
			panic("overboard")
		}
		return true, srv.Send(1, unhex(t, "82 00 00 01 63"), []byte{0x80})
	})
	ping := func(sync uint64) { c.write(iproto.AppendPing(nil, sync, 0)) }
	ping(1)
	c.expectOK(1) // falls through
	ping(2)
	c.expectError(2, 4242, "not now")
	ping(3)
	c.expectError(3, iproto.CodeProcLua, "plain")
	ping(4)
	c.expectError(4, iproto.CodeProcLua, "trigger panicked: overboard")
	ping(5)
	c.expectOK(99) // its own answer, and no other
	srv.Override(iproto.TypePing, nil)
	ping(6)
	c.expectOK(6)
	if calls != 5 {
		t.Errorf("%d calls", calls)
	}

	srv.OverrideUnknown(answer)
	c.write(request(200, 8, 0, nil))
	c.expectOK(7)
	ping(9)
	c.expectOK(9) // not shadowed
	c.write(call(10, "nop"))
	c.expectOK(10)
	srv.Override(200, func(context.Context, Session, iproto.Header, []byte) (bool, error) { return false, Errorf(1, "mine") })
	c.write(request(200, 11, 0, nil))
	c.expectError(11, 1, "mine") // the one of the type wins
	c.write(request(201, 12, 0, nil))
	c.expectOK(7)

	srv.Override(iproto.TypeBegin, answer)
	c.write(begin(0, 13))
	c.expectError(13, iproto.CodeUnableToProcessOutOfStream, "Unable to process BEGIN request out of stream")
	c.write(begin(1, 14))
	c.expectOK(7)
	srv.Override(iproto.TypeNop, answer)
	c.write(frame(t, "82 01 0f 00 0c 80"))
	c.expectError(15, iproto.CodeInvalidMsgPack, "Invalid MsgPack - junk after packet body")
	srv.Override(iproto.TypeWatch, answer)
	c.write(request(iproto.TypeWatch, 16, 5, nil))
	c.expectError(16, iproto.CodeUnableToProcessInStream, "Unable to process WATCH request in stream")
}
