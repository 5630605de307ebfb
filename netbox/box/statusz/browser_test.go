package statusz

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A browser is a headless Chromium with one tab, told what to do over pipes: messages are JSON and end with a zero byte
// (chromedevtools.github.io/devtools-protocol).
type browser struct {
	t        *testing.T
	in       *os.File
	out      *bufio.Reader
	lastID   int
	session  string
	troubles []string // errors of scripts, and what the policy has forbidden
}

// A message is a command, its answer or an event.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// browse starts a browser that ends with the test.
func browse(t *testing.T) *browser {
	t.Helper()
	cmd := exec.Command(reactortest.Need(t, "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-extensions", "--hide-scrollbars", "--remote-debugging-pipe",
		"--user-data-dir="+profile(t), "about:blank")
	commands, in := pipe(t)
	out, answers := pipe(t)
	cmd.ExtraFiles = []*os.File{commands, answers} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = commands.Close()
	_ = answers.Close()
	_ = out.SetReadDeadline(time.Now().Add(2 * reactortest.Patience))
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() { b.do("Browser.close", nil, nil) }) // so that all its processes end
	b.openTab()
	return b
}

// profile is a directory for the browser, whose processes write to it for a moment after it has closed.
func profile(t *testing.T) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "statusz-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		reactortest.Eventually(t, func() bool { return os.RemoveAll(dir) == nil }, "the browser to let go of its files")
	})
	return dir
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

func (b *browser) openTab() {
	b.t.Helper()
	var tab struct{ TargetID, SessionID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &tab)
	b.do("Target.attachToTarget", map[string]any{"targetId": tab.TargetID, "flatten": true}, &tab)
	b.session = tab.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.do(domain+".enable", nil, nil)
	}
}

// do sends a command and awaits its answer.
func (b *browser) do(method string, params, result any) {
	b.t.Helper()
	b.lastID++
	text, err := json.Marshal(message{ID: b.lastID, SessionID: b.session, Method: method, Params: params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := b.receive(method)
		switch {
		case m.ID != b.lastID:
			b.event(m)
		case m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error)
		case result == nil:
			return
		default:
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v in %s", method, err, m.Result)
			}
			return
		}
	}
}

func (b *browser) receive(method string) message {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	var m message
	if err == nil {
		err = json.Unmarshal(text[:len(text)-1], &m)
	}
	if err != nil {
		b.t.Fatalf("waiting for the answer to %s: %v", method, err)
	}
	return m
}

// event takes note of what the page should not have done.
func (b *browser) event(m message) {
	if m.Method == "Runtime.exceptionThrown" || m.Method == "Log.entryAdded" {
		b.troubles = append(b.troubles, fmt.Sprint(m.Params))
	}
}

// eval returns the value of an expression in the page.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	return answer.Result.Value
}

// await waits until an expression is true in the page.
func (b *browser) await(expression string) {
	b.t.Helper()
	reactortest.Eventually(b.t, func() bool { return b.eval(expression) == true }, "%s", expression)
}

// resize makes the window one of a desktop or of a phone, light or dark.
func (b *browser) resize(width, height int, phone bool, scheme string) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1,
		"mobile": phone}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []any{
		map[string]string{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// screenshot returns the whole page as a PNG.
func (b *browser) screenshot() []byte {
	b.t.Helper()
	var shot struct{ Data string }
	b.do("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}
