package box

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// FuzzServerInput lets a client say anything. The server must not panic; it answers with well-formed frames, closes
// only after an answer about the length of a frame, and goes on serving others.
func FuzzServerInput(f *testing.F) {
	f.Add([]byte{})
	f.Add(iproto.AppendPing(nil, 1, 0))
	f.Add(append(call(1, "echo", 1, "x"), call(2, "push_n", 3)...))
	f.Add(append(call(1, "fail", "x"), call(2, "no such", 3)...))
	f.Add([]byte{0xc0})
	f.Add([]byte{0xce, 0xff, 0xff, 0xff, 0xff, 0x82})
	f.Add([]byte{6, 0x82, 0, 0x49, 1, 2, 0x80})
	f.Add([]byte{10, 0x82, 0, 1, 1, 2, 0x83, 0x10, 0x20, 0x12, 0})
	f.Add([]byte{10, 0x82, 0, 7, 1, 2, 0x82, 0x23, 0xa0, 0x21, 0x90})
	f.Add(append(append(begin(1, 1), callIn(1, 2, "echo", 1)...), commit(1, 3)...))
	f.Add(append(append(iproto.AppendWatch(nil, "k"), iproto.AppendUnwatch(nil, "k")...), iproto.AppendWatch(nil, "box.id")...))
	f.Add(request(iproto.TypeSelect, 1, 0, iproto.Select{Space: iproto.Ref{Name: []byte("shelf")}, Limit: 9, Key: []byte{0x91, 1}}.Append))
	f.Add(request(iproto.TypeUpdate, 1, 7, iproto.Update{Space: iproto.Ref{ID: 512}, Key: []byte{0x91, 1}}.Append))
	f.Add(request(iproto.TypeExecute, 1, 0, iproto.Execute{Text: []byte("SELECT ?, ?"), Bind: []byte{0x92, 1, 2}}.Append))
	f.Add(request(iproto.TypeAuth, 1, 0, iproto.Auth{User: []byte("alice"), Method: []byte("chap-sha1"), Data: make([]byte, 20)}.Append))
	f.Add(call(1, `box.space["shelf"].index["pk"]:count`, []any{1}, map[string]any{"iterator": "GE"}))
	everything := func(cfg Config) string {
		cfg.MaxPacket, cfg.AuthDelay = 1<<20, -1
		srv, addr := start(f, cfg)
		srv.Transactions(&store{})
		srv.SQL(calculator{})
		err := errors.Join(srv.SetUser(User{Name: "alice", Password: "secret"}), srv.SetSpaces(Space{Name: "shelf",
			Handler: &shelf{tuples: map[int64][]any{1: {1, "one"}}}, Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}}}}))
		if err != nil {
			f.Fatal(err)
		}
		return addr
	}
	addr, inlineAddr := everything(Config{}), everything(Config{Mode: Inline})
	f.Fuzz(func(t *testing.T, input []byte) {
		if tooManyPushes(input) {
			t.Skip()
		}
		for _, addr := range []string{addr, inlineAddr} {
			c := dialRaw(t, addr)
			c.write(input)
			last := reply{}
			for {
				// Bytes that are no whole frame are waited for, so the connection is closed from here.
				c.SetReadDeadline(time.Now().Add(quiet))
				p, err := c.next()
				if err != nil {
					checkEnd(t, err, last)
					break
				}
				last = p
			}
			c.Close()
		}
		probe := dialRaw(t, addr)
		probe.expectAlive()
		probe.Close()
	})
}

// quiet is how long a server that has nothing to say is listened to.
const quiet = 2 * time.Millisecond

// checkEnd checks why no more replies came: silence, or a close after an error that explains it.
func checkEnd(t *testing.T, err error, last reply) {
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return
	}
	if e := last.err(t); e == nil || e.Code != iproto.CodeInvalidMsgPack || last.Sync != 0 {
		t.Errorf("closed with %v after %v", err, last)
	}
}

// tooManyPushes reports whether the input may ask push_n for more than is quickly pushed.
func tooManyPushes(input []byte) bool {
	for i := range input {
		n, _, err := msgp.ReadUint(input[i:])
		if err == nil && n > 1000 && n < 1<<62 && len(input) > 20 {
			return true
		}
	}
	return false
}
