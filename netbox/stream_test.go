package netbox

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
)

// said records what a client says, request by request: the frames without length and sync.
func recordRequests(t *testing.T, o Options) (c *Conn, said chan string, sc *scene) {
	t.Helper()
	said = make(chan string, 100)
	sc = perform(t, func(_ int, s *script) {
		s.introduceModern()
		for {
			r := s.next()
			if r.Type == 0 {
				return
			}
			said <- fmt.Sprintf("%v stream %d body %s", r.Type, r.StreamID, hex.EncodeToString(r.body))
			s.ok(r.Sync)
		}
	})
	o.NoSchema, o.NoGracefulShutdown = true, true
	return connect(t, sc.addr, o), said, sc
}

func TestStreamsOnTheWire(t *testing.T) {
	c, said, _ := recordRequests(t, Options{})
	ctx := patience(t)
	one, two := c.NewStream(), c.NewStream()
	three := two.NewStream()
	if one.ID() != 1 || two.ID() != 2 || three.ID() != 3 {
		t.Errorf("C147: %d, %d, %d", one.ID(), two.ID(), three.ID())
	}
	for _, tt := range []struct {
		do   func() error
		want string
	}{
		{func() error { return one.Begin(ctx, TxnOptions{}) }, "BEGIN stream 1 body "},
		{func() error { return one.Commit(ctx) }, "COMMIT stream 1 body "},
		{func() error { return one.Rollback(ctx) }, "ROLLBACK stream 1 body "},
		{func() error {
			return two.Begin(ctx, TxnOptions{Timeout: 5 * time.Second, Isolation: iproto.IsolationReadCommitted})
		}, "BEGIN stream 2 body 8256cb40140000000000005901"},
		{func() error { return two.CommitWith(ctx, TxnOptions{Sync: true}) }, "COMMIT stream 2 body 8161c3"},
		{func() error { return two.Begin(ctx, TxnOptions{Sync: true}) }, "BEGIN stream 2 body 8161c3"},
		{func() error { return three.Ping(ctx) }, "PING stream 3 body "},
		{func() error { _, err := three.Call(ctx, "f"); return err }, "CALL stream 3 body 8222a1662190"},
		{func() error { _, err := three.Space("s").Insert(ctx, []any{2}); return err }, "INSERT stream 3 body 825ea173219102"},
		{func() error { _, err := three.Space("s").Index("i").Get(ctx, Key(1)); return err },
			"SELECT stream 3 body 865ea1735fa1691400130012022091" + "01"},
		{func() error { return c.Ping(ctx) }, "PING stream 0 body "},
		{func() error {
			_, err := c.SpaceByID(512).Select(ctx, Key(), SelectOptions{Limit: 10, Offset: 2, Iterator: iproto.IteratorGE})
			return err
		},
			"SELECT stream 0 body 8610cd0200110014051302120a2090"},
		{func() error {
			_, err := c.SpaceByID(512).Select(ctx, Key(1), SelectOptions{After: []byte("kQE"), FetchPosition: true})
			return err
		},
			"SELECT stream 0 body 8810cd020011001400130012ceffffffff2091012ea36b51451fc3"},
		{func() error {
			_, err := c.SpaceByID(512).Select(ctx, Key(1), SelectOptions{AfterTuple: []any{1, "a"}, Limit: 1})
			return err
		},
			"SELECT stream 0 body 8710cd02001100140013001201209101" + "2f9201a161"},
		{func() error { return c.SpaceByID(512).InsertArrow(ctx, []byte("ab")) }, "INSERT_ARROW stream 0 body 8210cd020036d5086162"},
		{func() error { _, err := c.WatchOnce(ctx, "k"); return err }, "WATCH_ONCE stream 0 body 8157a16b"},
	} {
		if err := tt.do(); err != nil {
			t.Errorf("%s: %v", tt.want, err)
		}
		if got := <-said; got != tt.want {
			t.Errorf("C145, C203: got  %s\nwant %s", got, tt.want)
		}
	}
	if _, err := one.Requester.conn.Watch("k", func(string, Value) {}); err != nil {
		t.Error(err)
	}
	if got := <-said; got != "WATCH stream 0 body 8157a16b" {
		t.Errorf("C147: %s", got)
	}
	if _, err := c.SpaceByID(281).Select(ctx, Key(), SelectOptions{FetchPosition: true}); !errors.Is(err, iproto.CodeUnsupported) {
		t.Errorf("pages of a view of a server that can not: %v", err)
	}
	for _, o := range []TxnOptions{{Timeout: -1}, {Isolation: 9}} {
		if err := one.Begin(ctx, o); !errors.Is(err, iproto.CodeIllegalParams) || !SafeToRetry(err) {
			t.Errorf("C145: %+v: %v", o, err)
		}
	}
}

func TestTransactionIsLostWithItsConnection(t *testing.T) {
	c, said, sc := recordRequests(t, Options{ReconnectAfter: time.Millisecond})
	ctx := patience(t)
	s := c.NewStream()
	if err := s.Begin(ctx, TxnOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Call(ctx, "f"); err != nil {
		t.Fatal(err)
	}
	sc.drop()
	if err := c.WaitState(ctx, StateErrorReconnect, StateAuth); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Call(ctx, "g"); !errors.Is(err, ErrTransactionLost) || !SafeToRetry(err) {
		t.Errorf("a request of a transaction that was lost: %v", err)
	}
	if err := s.Commit(ctx); !errors.Is(err, ErrTransactionLost) {
		t.Errorf("its commit: %v", err)
	}
	if _, err := s.Call(ctx, "h"); err != nil {
		t.Errorf("after its end: %v", err)
	}
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	var all []string
	for len(said) > 0 {
		all = append(all, strings.Fields(<-said)[0])
	}
	if got := strings.Join(all, " "); got != "BEGIN CALL CALL PING" {
		t.Errorf("the server has seen %s", got)
	}
}

func TestPagesAndStatementsOfAnAnswer(t *testing.T) {
	bodies := []string{
		"82 30 91 91 01 35 a3 6b5145",
		"82 32 91 82 00 a8434f4c554d4e5f31 01 a7696e7465676572 30 91 91 01",
		"81 42 82 00 02 01 92 05 06",
		"84 43 ce820e60bb 34 01 33 91 82 00 a13f 01 a3414e59 32 91 85 00 a161 01 a162 02 a163 03 c3 05 c0",
	}
	c := connectTo(t, func(s *script) {
		for _, b := range bodies {
			s.Write(framed(unhex(t, "82 00 00 01 SS"+b, s.next().Sync)))
		}
	})
	ctx := patience(t)
	r, err := c.SpaceByID(512).Select(ctx, Key(), SelectOptions{})
	if err != nil || string(r.Position()) != "kQE" || r.Len() != 1 || !bytes.Equal(r.Raw(), []byte{0x91, 0x91, 1}) {
		t.Errorf("page: %q, %v", r.Position(), err)
	}
	r, err = c.Execute(ctx, "select 1")
	info, err2 := r.SQL()
	if err != nil || err2 != nil || r.Len() != 1 || len(info.Columns) != 1 || info.Columns[0].Name != "COLUMN_1" || info.Columns[0].Type != "integer" {
		t.Errorf("C65 rows: %+v, %v, %v", info, err, err2)
	}
	r, err = c.Execute(ctx, "insert")
	info, err2 = r.SQL()
	if err != nil || err2 != nil || info.RowCount != 2 || fmt.Sprint(info.AutoincrementIDs) != "[5 6]" || info.Columns != nil {
		t.Errorf("C65 counts: %+v, %v, %v", info, err, err2)
	}
	s, err := c.Prepare(ctx, "select ?")
	if err != nil || s.StmtID != 0x820e60bb || len(s.Params) != 1 || s.Params[0].Type != "ANY" || !s.Columns[0].IsNullable || s.Columns[0].Collation != "c" {
		t.Errorf("C65 prepared: %+v, %v", s, err)
	}
}

func TestTarantoolSQL(t *testing.T) {
	_, c := bands(t, Options{})
	ctx := patience(t)
	if r, err := c.Execute(ctx, "CREATE TABLE t (id INT PRIMARY KEY AUTOINCREMENT, a TEXT)"); err != nil {
		t.Fatal(err, r)
	}
	r, err := c.Execute(ctx, "INSERT INTO t VALUES (NULL, ?), (NULL, ?)", "x", "y")
	info, err2 := r.SQL()
	if err != nil || err2 != nil || info.RowCount != 2 || fmt.Sprint(info.AutoincrementIDs) != "[1 2]" {
		t.Errorf("C65: %+v, %v, %v", info, err, err2)
	}
	r, err = c.Execute(ctx, "SELECT * FROM t WHERE id = ?", 2)
	info, _ = r.SQL()
	if rows, e := r.Values(); err != nil || e != nil || fmt.Sprint(rows) != "[[2 y]]" || info.Columns[1].Name != "A" || info.Columns[1].Type != "string" {
		t.Errorf("C65: %v, %v, %+v", rows, err, info)
	}
	if c.Space("T").Info() == nil {
		t.Error("C119: the table is no space")
	}
	s, err := c.Prepare(ctx, "SELECT a FROM t WHERE id = ?")
	if err != nil || len(s.Params) != 1 || len(s.Columns) != 1 {
		t.Fatalf("C65: %+v, %v", s, err)
	}
	if r, err = s.Execute(ctx, 1); err != nil || string(r.Raw()[2:]) != "\xa1x" {
		t.Errorf("C65: %q, %v", r.Raw(), err)
	}
	if err := s.Unprepare(ctx); err != nil {
		t.Errorf("C65: %v", err)
	}
	if _, err = s.Execute(ctx, 1); !errors.Is(err, iproto.CodeWrongQueryID) {
		t.Errorf("C65: %v", err)
	}
	if _, err = c.Execute(ctx, "SELEC"); err == nil || SafeToRetry(err) {
		t.Errorf("C65: %v", err)
	}
}
