package statusz

import (
	"bytes"
	"flag"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var screenshots = flag.String("screenshots", "", "folder to keep the screenshots of the page in")

// The page in a real browser, with a server under a little load: everything is drawn, in every size, and nothing that the
// policy forbids is tried.
func TestTheChartsAreDrawn(t *testing.T) {
	b := browse(t)
	srv, r, addr := start(t)
	_, url := serve(t, srv, Options{Reactor: r, Interval: 100 * time.Millisecond, Title: "ferry-1"})
	load(t, addr)
	b.do("Page.navigate", map[string]any{"url": url}, nil)

	b.await(`document.title === "ferry-1" && Number(document.body.dataset.samples) >= 40`)
	b.await(`document.querySelectorAll(".chart").length === 13`)
	b.await(`[...document.querySelectorAll(".line")].every((line) => line.getAttribute("d").startsWith("M"))`)
	b.await(`[...document.querySelectorAll(".tile")].length === 8`)
	b.await(`[...document.querySelectorAll(".tile")].every((tile) => /\d/.test(tile.children[0].textContent) && tile.children[1].textContent)`)
	b.await(`document.getElementById("state").textContent === "live"`)
	b.await(`!document.getElementById("loops").hidden && document.querySelectorAll("#loops tbody tr").length === 2`)
	b.await(`[...document.querySelectorAll("#types tbody tr")].some((row) => row.cells[0].textContent === "Call" &&
		parseFloat(row.cells[1].textContent) > 0 && parseFloat(row.cells[2].textContent) > 0)`)
	b.await(`[...document.querySelectorAll("#types tbody tr")].every((row) => row.cells[2].textContent !== "0")`)
	b.await(`[...document.querySelectorAll("#all-Server td")].some((cell) => cell.textContent === "ByType.Call")`)
	for _, figure := range []string{"requests", "calls", "errors", "pushes", "sessions", "in", "out", "turns", "reads", "writes"} {
		b.await(`[...document.querySelectorAll(".legend li")].some((li) => li.children[1].textContent === "` + figure +
			`" && parseFloat(li.children[2].textContent) > 0)`)
	}
	for _, view := range []struct {
		name          string
		width, height int
		phone         bool
		scheme        string
	}{
		{"light", 1280, 900, false, "light"},
		{"dark", 1280, 900, false, "dark"},
		{"phone", 375, 800, true, "dark"},
	} {
		b.resize(view.width, view.height, view.phone, view.scheme)
		b.await(`innerWidth === ` + map[bool]string{false: "1280", true: "375"}[view.phone])
		if wide := b.eval(`document.scrollingElement.scrollWidth > innerWidth`); wide != false {
			t.Errorf("%s: the page is wider than the window", view.name)
		}
		look(t, view.name, view.scheme, b.screenshot())
	}
	hover(b)
	for _, trouble := range b.troubles {
		t.Error(trouble)
	}
}

// hover checks that a chart shows the values under the pointer as long as it is there.
func hover(b *browser) {
	b.t.Helper()
	b.await(`(() => {
		const plot = document.querySelector(".plot"), box = plot.getBoundingClientRect();
		plot.dispatchEvent(new PointerEvent("pointermove", { clientX: box.right - box.width / 6, clientY: box.top + 5 }));
		return document.querySelector(".chart small").textContent === "2 s ago" && document.querySelector(".cursor").getAttribute("visibility") === "visible";
	})()`)
	b.await(`(() => {
		document.querySelector(".plot").dispatchEvent(new PointerEvent("pointerleave"));
		return document.querySelector(".chart small").textContent === "per second" && document.querySelector(".cursor").getAttribute("visibility") === "hidden";
	})()`)
}

// look checks that a screenshot shows something on the right ground, and keeps it if wanted.
func look(t *testing.T, name, scheme string, shot []byte) {
	t.Helper()
	if *screenshots != "" {
		if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), shot, 0o600); err != nil {
			t.Error(err)
		}
	}
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	ground := color.GrayModel.Convert(img.At(2, 2)).(color.Gray).Y
	if dark := ground < 0x80; dark != (scheme == "dark") {
		t.Errorf("%s: the ground is %#x", name, ground)
	}
	colours := map[color.Color]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			colours[img.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		t.Errorf("%s: there are %d colours: the page is empty", name, len(colours))
	}
}
