package sockets

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// naive is what a read to one of the delimiters within a limit finds in all
// there will be: the length of the result, and the delimiter's number or -1.
func naive(data []byte, delims []string, most int) (n, which int) {
	for end := 1; end <= min(len(data), most); end++ {
		found, longest := -1, 0
		for i, d := range delims {
			if bytes.HasSuffix(data[:end], []byte(d)) && len(d) > longest {
				found, longest = i, len(d)
			}
		}
		if found >= 0 {
			return end, found
		}
	}
	return min(len(data), most), -1
}

// FuzzReadToADelimiter sends bytes in pieces of any size, and compares what is
// read, by calls that are given up after each piece, with a naive model.
func FuzzReadToADelimiter(f *testing.F) {
	f.Add([]byte("Hello\r\n\r\nworld\n\n"), "\n\n", "\r\n\r\n", uint16(100), []byte{3, 1, 7})
	f.Add([]byte("a 10\nb 15\nabc"), "\n", "", uint16(6), []byte{1})
	f.Add([]byte("aaab"), "aab", "b", uint16(3), []byte{2, 2})
	f.Add([]byte("1234\r\n"), "\r\n", "", uint16(5), []byte{})
	f.Add(bytes.Repeat([]byte("ab"), 1000), "ba", "abab", uint16(4000), []byte{255})
	f.Fuzz(func(t *testing.T, data []byte, d1, d2 string, most uint16, sizes []byte) {
		if len(data) > 16<<10 || d1 == "" || len(d1)+len(d2) > 64 || most == 0 {
			t.Skip()
		}
		delims := []string{d1}
		if d2 != "" {
			delims = append(delims, d2)
		}
		a, b, err := Pair(FamilyUnix, Stream, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		defer b.Close()
		o := ReadOptions{Delims: delims, Limit: AtMost(int(most)), Timeout: NoWait}
		left, unsent := data, data
		for i := 0; ; i++ {
			got, which, err := b.ReadOpts(o)
			if errors.Is(err, ErrTimeout) {
				if len(unsent) == 0 {
					_ = a.CloseWrite()
					o.Timeout = Forever
					continue
				}
				n := len(unsent)
				if len(sizes) > 0 {
					n = min(n, 1+int(sizes[i%len(sizes)]))
				}
				if _, err := a.Write(unsent[:n]); err != nil {
					t.Fatal(err)
				}
				unsent = unsent[n:]
				continue
			}
			n, want := naive(left, delims, int(most))
			if len(left) == 0 {
				if !isEOF(err) {
					t.Fatalf("at the end: %q, %v", got, err)
				}
				return
			}
			if string(got) != string(left[:n]) || which != want {
				t.Fatalf("of %q it read %q, delimiter %d, %v; want %q, %d", left, got, which, err, left[:n], want)
			}
			left = left[n:]
		}
	})
}

func FuzzAddresses(f *testing.F) {
	for _, host := range []string{"127.0.0.1", "::1", "fe80::1%lo", "0", "", "unix/", "localhost", "[::1]", "::ffff:1.2.3.4"} {
		for _, port := range []string{"", "0", "80", "http", "65535", "65536", "-1", "@name", "\x00", "/tmp/s"} {
			f.Add(host, port)
		}
	}
	f.Fuzz(func(t *testing.T, host, port string) {
		for _, k := range []kind{{FamilyInet, Stream, 0}, {FamilyInet6, Datagram, 0}, {FamilyUnix, Datagram, 0}, {FamilyUnix, SeqPacket, 0}} {
			a, err := numeric(host, port, k)
			if err != nil {
				continue
			}
			if a.Port < 0 || a.Port > 65535 || a.Family == FamilyUnix && (a.Path == "" || len(a.Path) > maxPath) {
				t.Fatalf("%q, %q: %+v", host, port, a)
			}
			again, err := numeric(a.Host(), a.Service(), k)
			if err != nil || again != a {
				t.Fatalf("%+v, read again: %+v, %v", a, again, err)
			}
			if a.Network() == "ip" {
				continue // package net has no ports for it
			}
			if back := addrOf(a.std()); back.String() != a.String() || back.Network() != a.Network() {
				t.Fatalf("%v becomes %v and that %v", a, a.std(), back)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"AF_INET", "PF_INET6", "INET", "AF_", "SOCK_STREAM", "STREAM", "tcp", "6", "-1", "70000",
		"MSG_PEEK", "PEEK", "MSG_", "AI_PASSIVE", "rw", "W", "SO_REUSEADDR", "TCP_NODELAY", "SO_", "_"} {
		f.Add(s, "tcp", s)
	}
	f.Add("SOL_SOCKET", "0", "IP_TTL")
	f.Fuzz(func(t *testing.T, a, level, name string) {
		_, e1 := ParseFamily(a)
		_, e2 := ParseType(a)
		_, e3 := ParseProtocol(a)
		_, e4 := ParseFlags(a)
		_, e5 := ParseAddrFlags(a)
		_, e6 := ParseEvents(a)
		_, o, e7 := lookup(level, name)
		for _, err := range []error{e1, e2, e3, e4, e5, e6, e7} {
			if err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%q, %q, %q: %v", a, level, name, err)
			}
		}
		if e7 == nil && (!strings.Contains(name, "_") || o.id == 0 && o.form == textForm) {
			t.Errorf("%q of %q is an option", name, level)
		}
		for _, v := range []any{nil, true, len(a), a, Linger{}, Membership{}} {
			if _, err := fit(name, o, v); err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%q as %T: %v", name, v, err)
			}
		}
	})
}
