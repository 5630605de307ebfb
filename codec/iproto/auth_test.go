package iproto

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// passwords are those of the users in the transcripts.
var passwords = map[string]string{"alice": "secret", "limited": "lim", "guest": ""}

func TestScrambleVectors(t *testing.T) {
	count := bytes.Repeat([]byte{1}, 20)
	ascending := make([]byte, 32)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	for want, salt := range map[string][]byte{
		"04eca285ce66a0e05365554aaedaf99192c6223f": count,
		"21b3ff405f32cbe4aafff291396046ea29fa3a4d": ascending,
	} {
		got, err := Scramble(salt, "secret")
		if err != nil || hex.EncodeToString(got[:]) != want {
			t.Errorf("got %x, %v, want %s", got, err, want)
		}
	}
	if _, err := Scramble(count[:19], "secret"); !errors.Is(err, ErrSalt) {
		t.Errorf("a short salt: %v", err)
	}
}

func TestPasswordHashes(t *testing.T) {
	for password, want := range map[string]string{"secret": "FOZVZ6vbUTXQz9mnCzAywXmknuc=", "": "vhvewKp0tNyweZQ+cFKAlsyphfg="} {
		h := HashPassword(password)
		if h.String() != want {
			t.Errorf("%q: got %v, want %s", password, h, want)
		}
		if again, err := ParsePasswordHash(want); err != nil || again != h {
			t.Errorf("%q: read %v, %v", password, again, err)
		}
	}
	for _, text := range []string{"", "FOZV", "FOZVZ6vbUTXQz9mnCzAywXmknuc", "FOZVZ6vbUTXQz9mnCzAywXmknucA", "!"} {
		if _, err := ParsePasswordHash(text); !errors.Is(err, ErrPasswordHash) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestScramblesAreVerified(t *testing.T) {
	salt := []byte("01234567890123456789 and more")
	hash := HashPassword("secret")
	good, _ := Scramble(salt, "secret")
	bad, _ := Scramble(salt, "Secret")
	if !hash.Verify(salt, good[:]) || !hash.Verify(salt[:20], good[:]) {
		t.Error("the password is refused")
	}
	for name, scramble := range map[string][]byte{
		"another password": bad[:], "short": good[:19], "long": append(good[:], 0), "none": nil, "the hash": hash[:],
	} {
		if hash.Verify(salt, scramble) {
			t.Errorf("%s is taken", name)
		}
	}
	if hash.Verify([]byte("another salt of 20 bytes"), good[:]) || hash.Verify(salt[:19], good[:]) {
		t.Error("another salt is taken")
	}
	for i := range good {
		for bit := range 8 {
			flipped := good
			flipped[i] ^= 1 << bit
			if hash.Verify(salt, flipped[:]) {
				t.Fatalf("bit %d of byte %d does not matter", bit, i)
			}
		}
	}
}

func TestPapSHA256(t *testing.T) {
	a, b := NewPapSHA256("secret"), NewPapSHA256("secret")
	if a == b {
		t.Error("one salt for two passwords")
	}
	if !a.Verify([]byte("secret")) || a.Verify([]byte("secreT")) || a.Verify(nil) {
		t.Error("not the one password")
	}
	// SHA256 of 20 NULs and "secret"
	const want = "e1658dc424aa13a208848df5720219c7"
	if got := (PapSHA256{}).hash([]byte("secret")); hex.EncodeToString(got[:16]) != want {
		t.Errorf("got %x", got)
	}
}

// Every scramble that Tarantool recorded is verified as Tarantool did.
func TestScramblesOfTheTranscripts(t *testing.T) {
	all := transcripts(t)
	salts := map[string][]byte{}
	good, bad := 0, 0
	for i, r := range all {
		conn := r.file + "#" + r.conn
		if r.kind == "greeting" {
			if g, _, err := ParseGreeting(r.data); err == nil {
				salts[conn] = g.Salt
			}
		}
		if !r.client || r.kind != "" {
			continue
		}
		h, n, _ := ParseHeader(r.packet(t))
		a, _, err := ParseAuth(r.packet(t)[n:])
		if h.Type != TypeAuth || err != nil || string(a.Method) != AuthChapSHA1 {
			continue
		}
		password, known := passwords[string(a.User)]
		answer, said := answerTo(t, all[i+1:], r.file, h.Sync)
		if !known || answer == nil || said != nil && said.Code != CodeCredsMismatch {
			continue
		}
		if HashPassword(password).Verify(salts[conn], a.Data) != (said == nil) {
			t.Errorf("%s:%d: %s was answered %s", r.file, r.line, r.note, answer.note)
		}
		if said == nil {
			good++
			mine, _ := Scramble(salts[conn], password)
			if !bytes.Equal(mine[:], a.Data) {
				t.Errorf("%s:%d: %s: computed %x", r.file, r.line, r.note, mine)
			}
			continue
		}
		bad++
	}
	if good < 5 || bad < 2 {
		t.Errorf("only %d good and %d bad scrambles", good, bad)
	}
}

func TestParseAuth(t *testing.T) {
	chap := []byte(AuthChapSHA1)
	for text, want := range map[string]Auth{
		"82 23 a5 6775657374 21 90":                          {User: []byte("guest")},
		"82 21 92 a9 636861702d73686131 a178 23 a161":        {User: []byte("a"), Method: chap, Data: []byte("x")},
		"82 23 a161 21 92 a9 636861702d73686131 c4 01 78":    {User: []byte("a"), Method: chap, Data: []byte("x")},
		"83 23 a161 21 93 a9 636861702d73686131 a0 c0 70 c0": {User: []byte("a"), Method: chap, Data: []byte{}},
	} {
		b := unhex(t, text)
		got, n, err := ParseAuth(b)
		if err != nil || n != len(b) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %d, %v", text, got, n, err)
		}
		if again, _, err := ParseAuth(got.Append(nil)); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s, appended: %+v, %v", text, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                         "Invalid MsgPack - missing request body",
		"90":                       "Invalid MsgPack - packet body",
		"80":                       "Missing mandatory field 'USER_NAME' in request",
		"81 23 a161":               "Missing mandatory field 'TUPLE' in request",
		"82 23 a161 21 91 a161":    "Invalid MsgPack - authentication request body",
		"82 23 a161 21 92 05 a161": "Invalid MsgPack - authentication request body",
		"82 23 05 21 90":           "Invalid MsgPack - packet body",
		"82 23 a161 21 92 a178 05": "Invalid 'x' request: scramble must be string",
	} {
		_, n, err := ParseAuth(unhex(t, text))
		reply := ReplyTo(err)
		if reply == nil || reply.Message != want || n != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}
