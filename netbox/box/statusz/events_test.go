package statusz

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// soon is the interval of tests.
const soon = minInterval

// A watching is one viewer's end of the stream.
type watching struct {
	t    *testing.T
	res  *http.Response
	text *bufio.Reader
}

// watch begins to look, until the context ends.
func watch(ctx context.Context, t *testing.T, url string) *watching {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?format=events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &watching{t: t, res: res, text: bufio.NewReader(res.Body)}
}

// next is the next event.
func (w *watching) next() Snapshot {
	w.t.Helper()
	line, err := w.text.ReadString('\n')
	if err != nil {
		w.t.Fatal(err)
	}
	data, ok := strings.CutPrefix(line, "data: ")
	var s Snapshot
	if !ok || json.Unmarshal([]byte(data), &s) != nil {
		w.t.Fatalf("not an event: %q", line)
	}
	if line, err := w.text.ReadString('\n'); line != "\n" || err != nil {
		w.t.Fatalf("after the event: %q, %v", line, err)
	}
	return s
}

func awaitNobody(t *testing.T, p *Page) {
	t.Helper()
	reactortest.Eventually(t, func() bool {
		viewers, sampling := p.audience.size()
		return viewers == 0 && !sampling
	}, "the sampler to end with the last viewer")
}

func TestEventsAreSnapshotsThatMove(t *testing.T) {
	srv, r, addr := start(t)
	p, url := serve(t, srv, Options{Reactor: r, Interval: soon})
	if n, sampling := p.audience.size(); n != 0 || sampling {
		t.Errorf("%d viewers, sampling: %v, though nobody looks", n, sampling)
	}
	load(t, addr)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := watch(ctx, t, url)
	if got := w.res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	first := w.next()
	last := first
	for last.Server.Requests < first.Server.Requests+20 || last.Server.Pushes == 0 {
		s := w.next()
		if s.Time.Before(last.Time) || s.Server.Requests < last.Server.Requests {
			t.Fatalf("after %+v came %+v", last, s)
		}
		last = s
	}
	cancel()
	awaitNobody(t, p)
}

func TestViewersShareASampler(t *testing.T) {
	srv, r, _ := start(t)
	p, url := serve(t, srv, Options{Reactor: r, Interval: soon})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	viewers := []*watching{watch(ctx, t, url), watch(ctx, t, url), watch(ctx, t, url)}
	seen := make([]map[time.Time]bool, len(viewers))
	shared := func(at time.Time) bool {
		for _, s := range seen {
			if !s[at] {
				return false
			}
		}
		return true
	}
	for i := range seen {
		seen[i] = map[time.Time]bool{}
	}
	for common := false; !common; {
		for i, w := range viewers {
			at := w.next().Time
			seen[i][at] = true
			common = common || shared(at)
		}
	}
	if n, sampling := p.audience.size(); n != 3 || !sampling {
		t.Errorf("%d viewers, sampling: %v", n, sampling)
	}
	cancel()
	awaitNobody(t, p)
}

func TestTooManyViewersAreTurnedAway(t *testing.T) {
	srv, _, _ := start(t)
	p, url := serve(t, srv, Options{Interval: soon, MaxViewers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch(ctx, t, url).next()
	w := watch(t.Context(), t, url)
	if w.res.StatusCode != http.StatusServiceUnavailable || w.res.Header.Get("Retry-After") == "" {
		t.Errorf("the second one got %d, %v", w.res.StatusCode, w.res.Header)
	}
	cancel()
	awaitNobody(t, p)
	watch(t.Context(), t, url).next() // there is room again
}

func TestCloseEndsTheStreams(t *testing.T) {
	srv, _, _ := start(t)
	p, url := serve(t, srv, Options{Interval: soon})
	w := watch(t.Context(), t, url)
	w.next()
	p.Close()
	if _, err := io.Copy(io.Discard, w.text); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	awaitNobody(t, p)
	if w := watch(t.Context(), t, url); w.res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a closed page answers %d", w.res.StatusCode)
	}
	if w := ask(p, http.MethodGet, "/?format=json"); w.StatusCode != http.StatusOK {
		t.Errorf("a closed page has no snapshot: %d", w.StatusCode)
	}
}

// A viewer whose socket is never read is given up when the kernel takes no more: no goroutine is left.
func TestAViewerThatDoesNotReadIsDropped(t *testing.T) {
	srv, r, _ := start(t)
	p, url := serve(t, srv, Options{Reactor: r, Interval: soon, WriteTimeout: 50 * time.Millisecond})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(1)
	if _, err := io.WriteString(conn, "GET /?format=events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool { n, _ := p.audience.size(); return n == 1 }, "the viewer to come")
	fill := make([]byte, 1<<20) // as if the interval were much shorter: what the sampler does, with larger events
	for i := range fill {
		fill[i] = ' '
	}
	reactortest.Eventually(t, func() bool {
		p.audience.tell(fill)
		n, _ := p.audience.size()
		return n == 0
	}, "the viewer to be dropped")
	awaitNobody(t, p)
}
