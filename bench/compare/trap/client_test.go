//go:build linux

package trap

import (
	"net"
	"strings"
	"testing"
)

func TestWholeSeesWhatIsMissing(t *testing.T) {
	const n = 100_000
	for name, c := range map[string]struct {
		send   []byte
		closed bool
		want   string // in the error; "": none
	}{
		"all of it":          {patterned(n), true, ""},
		"too little":         {patterned(n - 1), true, "99999 B of 100000 B arrive, then the end"},
		"too much":           {append(patterned(n), 1), true, "then 1 bytes"},
		"too much, no end":   {append(patterned(n), 1), false, ""},
		"a gap":              {append(patterned(1000), patterned(n)...), true, "after 1000 B other bytes come"},
		"nothing, and is so": {nil, true, "0 B of 100000 B"},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := net.Pipe()
			go func() {
				_, _ = server.Write(c.send) // the reader may have seen enough
				server.Close()
			}()
			err := whole(client, n, c.closed)
			client.Close()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// losing is package net with a Write that loses the end.
type losing struct{ blocking }

func (l losing) write(p []byte) error { return l.blocking.write(p[:len(p)/2]) }

func TestALibraryThatLosesOutputFails(t *testing.T) {
	s := &Subject{Name: "losing", serve: func(network, addr string, app App) (*server, error) {
		data := app.data
		app.data = func(c conn, p []byte) { data(losing{c.(blocking)}, p) }
		return serveNet(network, addr, app)
	}}
	if o := writeThenClose.Run(s); o.Verdict != Fails || o.Note != "16.0 MiB of 32.0 MiB arrive, then the end" {
		t.Errorf("got %+v", o)
	}
	if o := manySlices.Run(s); o.Verdict != Passes {
		t.Errorf("got %+v", o)
	}
}

func TestEveryTrapIsNamedOnce(t *testing.T) {
	for _, c := range All {
		if Named(c.Name) != c {
			t.Errorf("%s is the name of two", c.Name)
		}
	}
	for _, s := range Subjects {
		if Subjected(s.Name) != s {
			t.Errorf("%s is the name of two", s.Name)
		}
	}
}
