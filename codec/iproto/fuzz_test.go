package iproto

import (
	"reflect"
	"strings"
	"testing"
)

// addBodies seeds a fuzz target with what follows the headers of the recorded packets of the given types.
func addBodies(f *testing.F, every int, types ...Type) {
	for i, r := range transcripts(f) {
		if r.kind != "" || i%every != 0 {
			continue
		}
		p := r.packet(f)
		h, n, err := ParseHeader(p)
		for _, typ := range types {
			if err == nil && h.Type == typ {
				f.Add(p[n:])
			}
		}
	}
}

// checkBody holds for all bodies: what is read can be written, and is then read the same.
func checkBody[M any](t *testing.T, b []byte, parse func([]byte) (M, int, error), write func(M) []byte) {
	m, n, err := parse(b)
	if err != nil {
		if n != 0 || ReplyTo(err) == nil {
			t.Fatalf("%d, %v", n, err)
		}
		return
	}
	if n != len(b) {
		t.Fatalf("%d of %d bytes", n, len(b))
	}
	again, _, err := parse(write(m))
	if err != nil || !reflect.DeepEqual(m, again) {
		t.Fatalf("%+v became %+v, %v", m, again, err)
	}
}

func FuzzParseCall(f *testing.F) {
	addBodies(f, 3, TypeCall, TypeCall16)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseCall, func(c Call) []byte { return c.Append(nil) })
		var usual, general invocation
		n := usual.parseUsual(b, byte(KeyFunctionName))
		err := general.parseAny(b, KeyFunctionName)
		if n != 0 && (err != nil || n != len(b) || !reflect.DeepEqual(usual, general)) {
			t.Fatalf("%x: %+v, %d; the general parser: %+v, %v", b, usual, n, general, err)
		}
	})
}

func FuzzParseEval(f *testing.F) {
	addBodies(f, 2, TypeEval)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseEval, func(e Eval) []byte { return e.Append(nil) })
	})
}

func FuzzParseID(f *testing.F) {
	addBodies(f, 1, TypeID)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseID, func(m ID) []byte { return m.Append(nil) })
	})
}

func FuzzParseData(f *testing.F) {
	addBodies(f, 11, TypeOK, TypeChunk)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			checkBody(t, b, ParseDataAll, func(d Data) []byte { return d.Append(nil) })
		}
		all, _, allErr := ParseDataAll(b)
		array, _, err := ParseData(b)
		if (err == nil) != (allErr == nil) || !reflect.DeepEqual(array, all.Array) {
			t.Fatalf("%x, %v; all: %x, %v", array, err, all.Array, allErr)
		}
		if _, _, err := ParseChunk(b); (err == nil) != (allErr == nil) {
			t.Fatalf("chunk: %v; all: %v", err, allErr)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	addBodies(f, 5, TypeSelect, TypeInsert, TypeReplace, TypeUpdate, TypeUpsert, TypeDelete, TypeInsertArrow)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseSelect, func(m Select) []byte { return m.Append(nil) })
		checkBody(t, b, ParseInsert, func(m Insert) []byte { return m.Append(nil) })
		checkBody(t, b, ParseUpdate, func(m Update) []byte { return m.Append(nil) })
		checkBody(t, b, ParseUpsert, func(m Upsert) []byte { return m.Append(nil) })
		checkBody(t, b, ParseDelete, func(m Delete) []byte { return m.Append(nil) })
		checkBody(t, b, ParseInsertArrow, func(m InsertArrow) []byte { return m.Append(nil) })
	})
}

func FuzzParseAuth(f *testing.F) {
	addBodies(f, 1, TypeAuth)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseAuth, func(m Auth) []byte { return m.Append(nil) })
	})
}

func FuzzParseExecute(f *testing.F) {
	addBodies(f, 1, TypeExecute, TypePrepare)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, func(b []byte) (Execute, int, error) {
			m, n, err := ParseExecute(b)
			if m.Bind == nil { // absent parameters and options are written as []
				m.Bind = emptyArray
			}
			if m.Options == nil {
				m.Options = emptyArray
			}
			return m, n, err
		}, func(m Execute) []byte { return m.Append(nil) })
		checkBody(t, b, ParsePrepare, func(m Prepare) []byte { return m.Append(nil) })
	})
}

func FuzzParseBegin(f *testing.F) {
	addBodies(f, 1, TypeBegin, TypeCommit)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseBegin, func(m Begin) []byte { return m.Append(nil) })
		checkBody(t, b, ParseCommit, func(m Commit) []byte { return m.Append(nil) })
	})
}

func FuzzParseSQLResult(f *testing.F) {
	addBodies(f, 1, TypeExecute)
	for _, r := range transcripts(f) {
		if p := r.packet; r.kind == "" && !r.client && strings.Contains(r.file, "sql") {
			_, n, _ := ParseHeader(p(f))
			f.Add(p(f)[n:])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseSQLInfo, func(m SQLInfo) []byte { return m.Append(nil) })
		checkBody(t, b, func(b []byte) (Column, int, error) {
			m, n, err := ParseColumn(b)
			m.Name, m.Type = append([]byte{}, m.Name...), append([]byte{}, m.Type...) // absent ones are written as ""
			return m, n, err
		}, func(m Column) []byte { return m.Append(nil) })
		for c, err := range Columns(b) {
			if err == nil {
				c.Append(nil)
			}
		}
		for format := range TupleFormats(b) {
			for range format.Names() {
			}
		}
		if len(b) == 0 {
			return
		}
		checkBody(t, b, ParseSQLResult, func(m SQLResult) []byte { return m.Append(nil) })
		checkBody(t, b, func(b []byte) (Prepared, int, error) {
			m, n, err := ParsePrepared(b)
			if m.BindMetadata == nil { // is written as []
				m.BindMetadata = emptyArray
			}
			return m, n, err
		}, func(m Prepared) []byte { return m.Append(nil) })
	})
}
