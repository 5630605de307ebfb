package statusz

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html"
	"net/http"
	"strings"
)

//go:embed page
var files embed.FS

// A document is the page itself: HTML with its style and script inside, and the
// policy that allows these two and nothing else.
type document struct {
	body   []byte
	policy string
}

// newDocument puts the parts together.
func newDocument(title string) document {
	style, script := file("style.css"), file("charts.js")
	body := strings.NewReplacer("{{title}}", html.EscapeString(title), "{{style}}", style, "{{script}}", script).
		Replace(file("page.html"))
	return document{body: []byte(body), policy: strings.Join([]string{
		"default-src 'none'",
		"style-src " + hashOf(style),
		"script-src " + hashOf(script),
		"connect-src 'self'", // its own events
		"img-src data:",      // the empty icon
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")}
}

func (d *document) serve(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", d.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	_, _ = w.Write(d.body)
}

// hashOf is how a content security policy names the text of an element.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// file returns one that was compiled in.
func file(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}
