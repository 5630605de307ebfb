package statusz

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// ask sends a request without a network.
func ask(p *Page, method, target string) *http.Response {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w.Result()
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePageIsOneDocumentWithAPolicyThatAllowsNothingElse(t *testing.T) {
	srv, r, _ := start(t)
	res := ask(Handler(srv, Options{Reactor: r, Title: "A <b> & {{script}}"}), http.MethodGet, "/any/path")
	body := bodyOf(t, res)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, header %v", res.StatusCode, res.Header)
	}
	if !strings.Contains(body, "<title>A &lt;b&gt; &amp; {{script}}</title>") {
		t.Errorf("the title is not escaped: %.300s", body)
	}
	if outside := regexp.MustCompile(`(?:src|href)="?(?:https?:|//|/|\w+\.\w)|@import|url\(`).FindString(body); outside != "" {
		t.Errorf("the page loads something: %q", outside)
	}
	policy := res.Header.Get("Content-Security-Policy")
	for _, element := range []string{"style", "script"} {
		text := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(body)
		if text == nil || !strings.Contains(policy, element+"-src "+hashOf(text[1])+";") {
			t.Errorf("the policy does not allow the page's %s: %s", element, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestASnapshotHasTheFiguresOfServerAndLoops(t *testing.T) {
	srv, r, addr := start(t)
	c := connect(t, addr)
	if _, err := c.Call(t.Context(), "push_n", 3); err != nil {
		t.Fatal(err)
	}
	p := Handler(srv, Options{Reactor: r})
	reactortest.Eventually(t, func() bool { return p.Snapshot().Reactor.BytesOut > 0 }, "bytes to be counted")
	res := ask(p, http.MethodGet, "/?format=json")
	var s Snapshot
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	if res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", res.Header)
	}
	if s.Server.Pushes != 3 || s.Server.Connections != 1 || s.Interval != time.Second {
		t.Errorf("got %+v", s)
	}
	if len(s.Loops) != 2 || s.Loops[1].ID != 1 || s.Loops[0].Conns+s.Loops[1].Conns != 1 || s.Reactor.Conns != 1 {
		t.Errorf("loops %+v", s.Loops)
	}
}

func TestTheLoopsAreThoseOfTheServer(t *testing.T) {
	srv, r, _ := start(t)
	if s := Handler(srv, Options{}).Snapshot(); len(s.Loops) != r.Loops() || s.Reactor == nil {
		t.Errorf("%d loops, want %d", len(s.Loops), r.Loops())
	}
	ended, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_ = ended.Close()
	body := bodyOf(t, ask(Handler(ended, Options{}), http.MethodGet, "/?format=json"))
	if !strings.Contains(body, `"Reactor":null,"Loops":null`) || !strings.Contains(body, `"Connections":0`) {
		t.Errorf("of a server that was closed before it had any: %s", body)
	}
}

func TestWhatIsNotAskedForRightIsRefused(t *testing.T) {
	srv, _, _ := start(t)
	p := Handler(srv, Options{})
	for _, tt := range []struct {
		method, target string
		want           int
	}{
		{http.MethodHead, "/", http.StatusOK},
		{http.MethodHead, "/?format=events", http.StatusOK},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/?format=events", http.StatusMethodNotAllowed},
		{http.MethodGet, "/?format=xml", http.StatusBadRequest},
	} {
		if res := ask(p, tt.method, tt.target); res.StatusCode != tt.want {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.target, res.StatusCode, tt.want)
		}
	}
}

func TestWrongOptionsPanic(t *testing.T) {
	srv, _, _ := start(t)
	for name, f := range map[string]func(){
		"no server":    func() { Handler(nil, Options{}) },
		"Interval":     func() { Handler(srv, Options{Interval: time.Microsecond}) },
		"MaxViewers":   func() { Handler(srv, Options{MaxViewers: -1}) },
		"WriteTimeout": func() { Handler(srv, Options{WriteTimeout: -1}) },
	} {
		if text := panicOf(f); text == "" {
			t.Errorf("%s: no panic", name)
		} else if name != "no server" && !strings.Contains(text, "Options."+name) {
			t.Errorf("%s: the panic says %q", name, text)
		}
	}
}

func panicOf(f func()) (text string) {
	defer func() {
		switch v := recover().(type) {
		case error:
			text = v.Error()
		case string:
			text = v
		}
	}()
	f()
	return ""
}

func TestASnapshotOfAClosedServerIsTaken(t *testing.T) {
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_ = srv.Close()
	if res := ask(Handler(srv, Options{}), http.MethodGet, "/?format=json"); res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
}
