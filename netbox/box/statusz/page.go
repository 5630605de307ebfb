package statusz

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
)

// A Page answers HTTP requests with the figures of a server. Make it with
// Handler.
type Page struct {
	// immutable
	srv     *box.Server
	opts    Options
	started time.Time
	doc     document

	audience audience
}

var _ http.Handler = (*Page)(nil)

// Handler makes the page of a server, to be mounted at any path. It panics when
// srv is nil or a field of opts is negative. Safe to call from any goroutine.
func Handler(srv *box.Server, opts Options) *Page {
	if srv == nil {
		panic("statusz: Handler without a server")
	}
	if err := opts.check(); err != nil {
		panic(err)
	}
	p := &Page{srv: srv, opts: opts, started: time.Now(), doc: newDocument(opts.Title)}
	p.audience.page = p
	return p
}

// Close ends the streams of events there are and refuses new ones: 503. An
// http.Server does not end them by itself when it shuts down; give Close to its
// RegisterOnShutdown. Safe to call from any goroutine.
func (p *Page) Close() { p.audience.close() }

// ServeHTTP answers GET and HEAD with the page, or in the format that the query
// names: "events" or "json". Safe to call from any goroutine.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "statusz: the method is "+r.Method+", want GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	switch format := r.URL.Query().Get("format"); format {
	case "", "html":
		p.doc.serve(w)
	case "json":
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(append(p.encode(), '\n'))
	case "events":
		p.serveEvents(w, r)
	default:
		http.Error(w, "statusz: the format is neither html, json nor events", http.StatusBadRequest)
	}
}

// encode takes a snapshot as JSON, on one line.
func (p *Page) encode() []byte {
	b, err := json.Marshal(p.Snapshot())
	if err != nil {
		panic(err) // there is nothing in a Snapshot that JSON does not have
	}
	return b
}
