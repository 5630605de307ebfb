//go:build !race && !kharon_debug

package sockets

import "testing"

func TestNothingIsAllocatedForALine(t *testing.T) {
	c, s := pair(t)
	line := make([]byte, 64)
	line[63] = '\n'
	read := func(r *Socket) {
		if got, err := r.ReadSlice(soon, "\n"); err != nil || len(got) != len(line) {
			t.Fatal(len(got), err)
		}
	}
	if n := testing.AllocsPerRun(1000, func() {
		_, _ = c.Write(line)
		read(s)
	}); n != 0 {
		t.Errorf("Write and ReadSlice allocate %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		_, _ = c.Write(line)
		_, _ = c.Write(line)
		read(s)
		read(s)
	}); n != 0 {
		t.Errorf("two lines allocate %v times", n)
	}
}

func TestReadUntilAllocatesItsResultOnly(t *testing.T) {
	c, s := pair(t)
	line := []byte("a line of some length\n")
	if n := testing.AllocsPerRun(1000, func() {
		_, _ = c.Write(line)
		if _, err := s.ReadUntil(soon, "\r\n", "\n"); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("ReadUntil allocates %v times", n)
	}
}

func TestAFiberWritesAndReadsWithoutAllocating(t *testing.T) {
	inFiber(t, func(t *caseT) {
		c, s := t.pair()
		line := make([]byte, 64)
		line[63] = '\n'
		if n := testing.AllocsPerRun(1000, func() {
			_, _ = c.Write(line)
			if got, err := s.ReadSlice(soon, "\n"); err != nil || len(got) != len(line) {
				t.Error(len(got), err)
			}
		}); n != 0 {
			t.Errorf("Write and ReadSlice in a fiber allocate %v times", n)
		}
	})
}

func TestDelimitersThatChangeAreNotAllocatedAgain(t *testing.T) {
	c, s := pair(t)
	if n := testing.AllocsPerRun(1000, func() {
		_, _ = c.Write([]byte("head\r\n\r\nline\n"))
		for _, d := range []string{"\r\n\r\n", "\n"} {
			if _, err := s.ReadSlice(soon, d); err != nil {
				t.Error(err)
			}
		}
	}); n != 0 {
		t.Errorf("two delimiters by turns allocate %v times", n)
	}
}
