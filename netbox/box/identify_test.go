package box

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// id sends an ID request and returns the answer.
func (r *raw) id(features ...iproto.Feature) iproto.ID {
	r.t.Helper()
	r.write(request(iproto.TypeID, 1, 0, iproto.ID{Version: 10, Features: iproto.NewFeatures(features...)}.Append))
	id, _, err := iproto.ParseID(r.expectOK(1).body)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestS21IDTellsWhatThereIs(t *testing.T) {
	all := func(srv *Server) {
		srv.Transactions(&store{})
		_ = srv.SetSpaces(Space{Name: "s", Handler: rows{}})
	}
	const names = "watchers, pagination, space_and_index_names, watch_once, dml_tuple_extension, call_ret_tuple_extension, " +
		"call_arg_tuple_extension"
	for _, tt := range []struct {
		version string
		prepare func(*Server)
		want    string
	}{
		{"3.3.0", func(*Server) {}, "10 streams, error_extension, watchers, watch_once, call_ret_tuple_extension, call_arg_tuple_extension chap-sha1"},
		{"3.9.1", all, "10 streams, transactions, error_extension, " + names + ", is_sync chap-sha1"},
		{"3.2.0", all, "9 streams, transactions, error_extension, " + names + ", is_sync chap-sha1"},
		{"3.1.0", all, "7 streams, transactions, error_extension, " + names + " chap-sha1"},
		{"2.11.1", all, "4 streams, transactions, error_extension, watchers, pagination chap-sha1"},
		{"2.10.0", all, "3 streams, transactions, error_extension, watchers chap-sha1"},
	} {
		srv, addr := start(t, Config{Version: tt.version})
		tt.prepare(srv)
		id := dialRaw(t, addr).id()
		if got := fmt.Sprint(id.Version, " ", id.Features, " ", id.AuthType); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.version, got, tt.want)
		}
	}
	_, addr := start(t, Config{Version: "2.6.0"})
	c := dialRaw(t, addr)
	c.write(request(iproto.TypeID, 7, 0, iproto.ID{}.Append))
	c.expectError(7, iproto.CodeUnknownRequestType, "Unknown request type 73")
}

func TestErrorsAmongTheResults(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Func("f", func(context.Context, *Request) (any, error) {
			return Values{1, Errorf(4242, "mine"), errors.New("plain")}, nil
		})
		c.write(call(1, "f"))
		if got := fmt.Sprint(results(t, c.take())); got != "[1 mine plain]" {
			t.Errorf("got %s", got)
		}
		c.id(iproto.FeatureErrorExtension)
		c.write(call(2, "f"))
		data, _, err := iproto.ParseData(c.expectOK(2).body)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := msgp.NewArray(data)
		for i, want := range []iproto.Code{4242, iproto.CodeProcLua} {
			e, _, err := ext.ReadError(a.At(1 + i))
			if err != nil || e.Code != want {
				t.Errorf("value %d: %v, %v", i+1, e, err)
			}
		}
	})
}
