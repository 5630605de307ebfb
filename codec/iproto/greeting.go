package iproto

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// GreetingSize is the size in bytes of a greeting.
const GreetingSize = 128

// Greeting is what a server says first.
//
//	bytes   0..62   "Tarantool <version> (<protocol>) <uuid>", padded with spaces
//	byte       63   '\n'
//	bytes  64..126  salt in base64, padded with spaces
//	byte      127   '\n'
type Greeting struct {
	Version   string    // e.g. "3.3.0" or "3.3.0-rc1-5-gabc"
	VersionID VersionID // the three numbers of it; Append does not look at it
	Protocol  string    // "Binary"; "" is written as that
	UUID      string    // of the instance, 36 characters, or ""; that is written as the zero UUID
	Salt      []byte    // random, 20 to 44 bytes; Tarantool sends 32, authentication uses 20
}

// VersionID is a version as one number that compares like the version: major<<16 | minor<<8 | patch.
type VersionID uint32

// NewVersionID makes a VersionID.
func NewVersionID(major, minor, patch uint8) VersionID {
	return VersionID(major)<<16 | VersionID(minor)<<8 | VersionID(patch)
}

// String gives the three numbers, e.g. "3.3.0".
func (v VersionID) String() string {
	return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xff, v&0xff)
}

// ErrGreeting is what every error of ParseGreeting is but that of another protocol.
var ErrGreeting = errors.New("invalid greeting")

// GreetingError tells what is wrong with a greeting. It is ErrGreeting to errors.Is.
type GreetingError struct {
	Offset int    // of the fault
	Reason string // what was expected
}

// Error begins with Tarantool's text, "Invalid greeting".
func (e *GreetingError) Error() string {
	return fmt.Sprintf("Invalid greeting: %s (at offset %d)", e.Reason, e.Offset)
}

// Unwrap returns ErrGreeting.
func (e *GreetingError) Unwrap() error { return ErrGreeting }

// ProtocolError tells that the server speaks another protocol, such as "Lua console".
type ProtocolError struct{ Protocol string }

// Error is Tarantool's text.
func (e *ProtocolError) Error() string { return "Unsupported protocol: " + e.Protocol }

const (
	greetingStart  = "Tarantool "
	greetingLine   = GreetingSize / 2
	protocolBinary = "Binary"
	zeroUUID       = "00000000-0000-0000-0000-000000000000"

	maxVersionLen  = 19
	maxProtocolLen = 31
	minSaltLen     = 20
	maxSaltLen     = 63
)

// Append appends the greeting, always GreetingSize bytes. What does not fit into its line is cut: of the salt 45
// bytes have room.
func (g Greeting) Append(dst []byte) []byte {
	protocol, uuid := g.Protocol, g.UUID
	if protocol == "" {
		protocol = protocolBinary
	}
	if uuid == "" {
		uuid = zeroUUID
	}
	dst = appendLine(dst, greetingStart+g.Version+" ("+protocol+") "+uuid)
	salt := g.Salt[:min(len(g.Salt), 45)]
	return appendLine(dst, base64.StdEncoding.EncodeToString(salt))
}

// appendLine appends 64 bytes: the text, spaces, a newline.
func appendLine(dst []byte, text string) []byte {
	text = text[:min(len(text), greetingLine-1)]
	dst = append(dst, text...)
	for range greetingLine - 1 - len(text) {
		dst = append(dst, ' ')
	}
	return append(dst, '\n')
}

// ParseGreeting reads a greeting; n is GreetingSize, or 0 without an error while b is shorter than that. The error is
// a *GreetingError or, for a server that does not speak IPROTO, a *ProtocolError; g then has what was read before.
func ParseGreeting(b []byte) (g Greeting, n int, err error) {
	if len(b) < GreetingSize {
		return g, 0, nil
	}
	if err := g.parse(b[:GreetingSize]); err != nil {
		return g, 0, err
	}
	return g, GreetingSize, nil
}

func (g *Greeting) parse(b []byte) error {
	switch {
	case !bytes.HasPrefix(b, []byte(greetingStart)):
		return &GreetingError{0, "no Tarantool"}
	case b[greetingLine-1] != '\n':
		return &GreetingError{greetingLine - 1, "no end of line"}
	case b[GreetingSize-1] != '\n':
		return &GreetingError{GreetingSize - 1, "no end of line"}
	}
	if err := g.parseLine(string(b[len(greetingStart) : greetingLine-1])); err != nil {
		return err
	}
	return g.parseSalt(strings.TrimRight(string(b[greetingLine:GreetingSize-1]), " "))
}

// version167 is the first release whose greeting names protocol and instance.
const version167 VersionID = 1<<16 | 6<<8 | 7

// parseLine reads what follows the word Tarantool.
func (g *Greeting) parseLine(line string) error {
	offset := len(greetingStart)
	version, rest, ok := strings.Cut(line, " ")
	if !ok || len(version) > maxVersionLen {
		return &GreetingError{offset, "no version"}
	}
	if g.VersionID, ok = parseVersion(version); !ok {
		return &GreetingError{offset, "version without three numbers"}
	}
	g.Version = version
	offset += len(version) + 1
	switch {
	case strings.HasPrefix(rest, "("):
		g.Protocol, rest, ok = strings.Cut(rest[1:], ")")
		if !ok || len(g.Protocol) > maxProtocolLen {
			g.Protocol = ""
			return &GreetingError{offset, "no protocol"}
		}
		offset += len(g.Protocol) + 2
	case g.VersionID < version167:
		g.Protocol = protocolBinary
	default:
		g.Protocol = "Lua console"
	}
	if g.Protocol != protocolBinary {
		return &ProtocolError{g.Protocol}
	}
	return g.parseUUID(rest, offset)
}

// parseUUID reads the instance's UUID, which old servers need not have. One that a long version pushed beyond the end
// of the line counts as none.
func (g *Greeting) parseUUID(rest string, offset int) error {
	text := strings.TrimLeft(rest, " ")
	offset += len(rest) - len(text)
	switch {
	case len(text) >= len(zeroUUID) && startsUUID(text[:len(zeroUUID)]):
		g.UUID = text[:len(zeroUUID)]
		return nil
	case text != "" && len(text) < len(zeroUUID) && startsUUID(text), g.VersionID < version167:
		return nil
	}
	return &GreetingError{offset, "no instance UUID"}
}

func (g *Greeting) parseSalt(text string) error {
	salt, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(salt) < minSaltLen || len(salt) > maxSaltLen {
		return &GreetingError{greetingLine, "no salt"}
	}
	g.Salt = salt
	return nil
}

// parseVersion reads three numbers with dots between them; what follows the third does not matter.
func parseVersion(s string) (v VersionID, ok bool) {
	for i := range 3 {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		part, err := strconv.ParseUint(s[:digits], 10, 8)
		if err != nil {
			return 0, false
		}
		v, s = v<<8|VersionID(part), s[digits:]
		if i < 2 {
			if !strings.HasPrefix(s, ".") {
				return 0, false
			}
			s = s[1:]
		}
	}
	return v, true
}

// startsUUID tells whether s is the beginning, or all, of 36 hexadecimal digits and dashes, each in its place.
func startsUUID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case zeroUUID[i] == '-':
			if c != '-' {
				return false
			}
		case !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)):
			return false
		}
	}
	return true
}
