package iproto

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const testUUID = "55a4e66f-8c01-4ae3-be94-1ea81d160162"

// greetingOf makes the bytes of a greeting from its two lines.
func greetingOf(first, second string) []byte {
	return []byte(fmt.Sprintf("%-63s\n%-63s\n", first, second))
}

func TestParseGreeting(t *testing.T) {
	salt := []byte("0123456789abcdefghijABCDEFGHIJKL")
	encoded := base64.StdEncoding.EncodeToString(salt)
	for first, want := range map[string]Greeting{
		"Tarantool 3.3.0 (Binary) " + testUUID:        {"3.3.0", NewVersionID(3, 3, 0), "Binary", testUUID, salt},
		"Tarantool 3.3.0-rc1 (Binary) " + testUUID:    {"3.3.0-rc1", NewVersionID(3, 3, 0), "Binary", "", salt}, // cut
		"Tarantool 2.10.5 (Binary) " + testUUID + "x": {"2.10.5", NewVersionID(2, 10, 5), "Binary", testUUID, salt},
		"Tarantool 1.6.6 " + testUUID:                 {"1.6.6", NewVersionID(1, 6, 6), "Binary", testUUID, salt},
		"Tarantool 1.6.6":                             {"1.6.6", NewVersionID(1, 6, 6), "Binary", "", salt},
		"Tarantool 1.6.6-83-gc6b2129 (Binary)":        {"1.6.6-83-gc6b2129", NewVersionID(1, 6, 6), "Binary", "", salt},
		"Tarantool 3.3.0 (Binary)  " + testUUID + "a": {"3.3.0", NewVersionID(3, 3, 0), "Binary", testUUID, salt},
	} {
		g, n, err := ParseGreeting(append(greetingOf(first[:min(len(first), 63)], encoded), "more"...))
		if err != nil || n != GreetingSize || !reflect.DeepEqual(g, want) {
			t.Errorf("%s: %+v, %d, %v", first, g, n, err)
		}
	}
}

func TestParseGreetingRefuses(t *testing.T) {
	const good = "Tarantool 3.3.0 (Binary) " + testUUID
	salt := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	noEnd := func(at int) []byte {
		b := greetingOf(good, salt(32))
		b[at] = ' '
		return b
	}
	for name, b := range map[string][]byte{
		"gibberish":            greetingOf("Tarantoo1 3.3.0 (Binary) "+testUUID, salt(32)),
		"no first newline":     noEnd(63),
		"no second newline":    noEnd(127),
		"two numbers":          greetingOf("Tarantool 3.2 (Binary) "+testUUID, salt(32)),
		"no numbers":           greetingOf("Tarantool x.y.z (Binary) "+testUUID, salt(32)),
		"no version":           greetingOf("Tarantool", salt(32)),
		"long version":         greetingOf("Tarantool 3.3.0-12345678901234 (Binary)", salt(32)),
		"endless version":      greetingOf("Tarantool "+strings.Repeat("3", 53), salt(32)),
		"open parenthesis":     greetingOf("Tarantool 3.3.0 (Binary "+testUUID, salt(32)),
		"long protocol":        greetingOf("Tarantool 3.3.0 ("+strings.Repeat("B", 32)+")", salt(32)),
		"no UUID":              greetingOf("Tarantool 3.3.0 (Binary)", salt(32)),
		"UUID without a dash":  greetingOf("Tarantool 3.3.0 (Binary) "+strings.Replace(testUUID, "-", "0", 1), salt(32)),
		"UUID of other digits": greetingOf("Tarantool 3.3.0 (Binary) "+strings.Replace(testUUID, "5", "g", 1), salt(32)),
		"salt of 19":           greetingOf(good, salt(19)),
		"no salt":              greetingOf(good, ""),
		"salt is no base64":    greetingOf(good, "type 'help' for interactive help"),
	} {
		_, n, err := ParseGreeting(b)
		var greeting *GreetingError
		if !errors.Is(err, ErrGreeting) || !errors.As(err, &greeting) || n != 0 || !strings.Contains(err.Error(), "Invalid greeting") {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

func TestParseGreetingOfAnotherProtocol(t *testing.T) {
	for first, want := range map[string]string{
		"Tarantool 3.9.0 (Lua console)": "Unsupported protocol: Lua console",
		"Tarantool 3.9.0 ()":            "Unsupported protocol: ",
		"Tarantool 1.6.7 x":             "Unsupported protocol: Lua console",
	} {
		_, n, err := ParseGreeting(greetingOf(first, "type 'help' for interactive help"))
		var protocol *ProtocolError
		if !errors.As(err, &protocol) || n != 0 || err.Error() != want {
			t.Errorf("%s: %d, %v", first, n, err)
		}
	}
}

func TestTruncatedGreetingIsIncomplete(t *testing.T) {
	whole := Greeting{Version: "3.3.0", Salt: make([]byte, 32)}.Append(nil)
	for cut := range whole {
		if _, n, err := ParseGreeting(whole[:cut]); n != 0 || err != nil {
			t.Errorf("cut to %d: %d, %v", cut, n, err)
		}
	}
	if g, n, err := ParseGreeting(whole); n != GreetingSize || err != nil || g.UUID != zeroUUID {
		t.Errorf("%+v, %d, %v", g, n, err)
	}
}

func TestGreetingIsCutToSize(t *testing.T) {
	g := Greeting{Version: strings.Repeat("9", 100), Salt: make([]byte, 100)}
	if b := g.Append(nil); len(b) != GreetingSize || b[63] != '\n' || b[127] != '\n' {
		t.Errorf("%q", b)
	}
}

func FuzzParseGreeting(f *testing.F) {
	for i, r := range transcripts(f) {
		if r.kind == "greeting" && i%10 == 0 {
			f.Add(r.data)
		}
	}
	f.Add(greetingOf("Tarantool 1.6.6", base64.StdEncoding.EncodeToString(make([]byte, 20))))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, n, err := ParseGreeting(b)
		if err != nil && n != 0 || n > len(b) {
			t.Fatalf("%d, %v", n, err)
		}
		if n == 0 || g.UUID == "" || len(g.Salt) > 45 {
			return
		}
		again := g.Append(nil)
		g2, n, err := ParseGreeting(again)
		if err != nil || n != GreetingSize || g2.Version != g.Version || g2.UUID != g.UUID || !bytes.Equal(g2.Salt, g.Salt) {
			if len(g.Version)+len(greetingStart)+len(" (Binary) ")+len(zeroUUID) < greetingLine {
				t.Fatalf("%+v became %+v, %v", g, g2, err)
			}
		}
	})
}
