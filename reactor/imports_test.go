package reactor_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/kharon-net/kharon"
	gnet   = "github.com/panjf2000/gnet"
)

// rule forbids the files below a folder to import certain trees of packages.
type rule struct {
	in       string   // folder, "" for all
	outside  []string // folders the rule does not hold for
	codeOnly bool     // tests may
	forbid   []string // trees of packages
	except   []string // trees within them that are allowed
	why      string
}

// rules are the arrows of the layer picture: what is not drawn there is forbidden here.
var rules = []rule{
	{in: "codec", forbid: []string{module}, except: []string{module + "/codec"},
		why: "codec stands on nothing of the module"},
	{in: "codec", codeOnly: true, forbid: []string{"bufio", "net", "os", "syscall", "golang.org/x/sys"},
		why: "codec does no I/O"},
	{in: "reactor", forbid: []string{module + "/netbox", module + "/sockets"}, why: "reactor knows no protocol"},
	{in: "reactor/reactortest", forbid: []string{module}, except: []string{module + "/reactor"},
		why: "every package's tests import reactortest"},
	{in: "sockets", forbid: []string{module + "/netbox", module + "/codec/iproto"}, why: "sockets knows no IPROTO"},
	{in: "netbox", forbid: []string{module + "/sockets"}, why: "netbox stands on reactor and codec"},
	{in: "netbox", outside: []string{"netbox/box/statusz"}, codeOnly: true, forbid: []string{"net/http"},
		why: "of netbox only its page speaks HTTP"},
	{outside: []string{"bench", "examples", "netbox/box/statusz", "netbox/prometheus"},
		forbid: []string{module + "/netbox/box/statusz", module + "/netbox/prometheus"},
		why:    "what they bring along is for programs that want it"},
	{outside: []string{"netbox/prometheus"}, forbid: []string{"github.com/prometheus"},
		why: "one package hands figures to Prometheus"},
	{in: "netbox/prometheus", forbid: []string{module + "/netbox/box/statusz"},
		why: "a page and a collector do without each other"},
	{outside: []string{"bench", "examples"}, forbid: []string{module + "/bench", module + "/examples"},
		why: "programs are not libraries"},
}

// forTests may be imported by every test, whatever the rules say.
const forTests = module + "/reactor/reactortest"

// within tells whether name is the tree's root or below it.
func within(name, tree string) bool {
	return tree == "" || name == tree || strings.HasPrefix(name, tree+"/")
}

func withinAny(name string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return within(name, tree) })
}

func (r rule) forbids(file, imported string) bool {
	test := strings.HasSuffix(file, "_test.go")
	switch {
	case !within(file, r.in), withinAny(file, r.outside):
		return false
	case test && (r.codeOnly || imported == forTests):
		return false
	}
	return withinAny(imported, r.forbid) && !withinAny(imported, r.except)
}

// breaches lists what a file, named relative to the module's root, does against the rules.
func breaches(file string, f *ast.File) []string {
	var found []string
	for _, imported := range importsOf(f) {
		for _, r := range rules {
			if r.forbids(file, imported) {
				found = append(found, fmt.Sprintf("%s imports %s, but %s", file, imported, r.why))
			}
		}
	}
	if within(file, "codec") && !strings.HasSuffix(file, "_test.go") {
		found = append(found, livelyIn(file, f)...)
	}
	return found
}

// livelyIn lists goroutines started and clocks read, which codec leaves to others.
func livelyIn(file string, f *ast.File) []string {
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, file+" has a go statement, but codec starts no goroutine")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				found = append(found, fmt.Sprintf("%s uses time.%s, but codec has no clock", file, n.Sel.Name))
			}
		}
		return true
	})
	return found
}

// clocks are the functions of package time that wait or tell the time. The rest is for dates as values.
var clocks = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// gnetBreaches judges the list of files that import gnet.
func gnetBreaches(files []string) []string {
	var found []string
	if len(files) > 1 {
		found = append(found, fmt.Sprintf("%d files import gnet, but one adapter hides it: %v", len(files), files))
	}
	for _, file := range files {
		if path.Dir(file) != "reactor" {
			found = append(found, file+" imports gnet, but its adapter is a file of reactor")
		}
	}
	return found
}

func importsOf(f *ast.File) []string {
	var paths []string
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func TestImportsFollowTheLayers(t *testing.T) {
	files := goFiles(t, moduleRoot(t))
	if files["reactor/imports_test.go"] == nil {
		t.Fatal("the search for Go files does not even find this one")
	}
	var gnetFiles []string
	for file, f := range files {
		for _, breach := range breaches(file, f) {
			t.Error(breach)
		}
		if slices.ContainsFunc(importsOf(f), func(p string) bool { return within(p, gnet) }) {
			gnetFiles = append(gnetFiles, file)
		}
	}
	for _, breach := range gnetBreaches(gnetFiles) {
		t.Error(breach)
	}
}

func TestBreachesAreFound(t *testing.T) {
	for _, tt := range []struct {
		file, source string
		want         int
	}{
		{"codec/line.go", `import ("bytes"; "github.com/kharon-net/kharon/codec/msgp")`, 0},
		{"codec/line.go", `import "github.com/kharon-net/kharon/reactor"`, 1},
		{"codec/line.go", `import "github.com/kharon-net/kharon/reactor/reactortest"`, 1},
		{"codec/line_test.go", `import "github.com/kharon-net/kharon/reactor/reactortest"`, 0},
		{"codec/line_test.go", `import "github.com/kharon-net/kharon/reactor"`, 1},
		{"codec/line.go", `import ("bufio"; "net/netip"; "os/exec"; "syscall"; "golang.org/x/sys/unix")`, 5},
		{"codec/line_test.go", `import ("bufio"; "os")`, 0},
		{"codec/line.go", "func f() { go f() }", 1},
		{"codec/line.go", `import "time"; var t = time.Now().Add(time.Second)`, 1},
		{"codec/line_test.go", "func f() { go f() }", 0},
		{"reactor/loop.go", `import "github.com/kharon-net/kharon/codec"; func f() { go f() }`, 0},
		{"reactor/loop.go", `import "github.com/kharon-net/kharon/sockets/luasocket"`, 1},
		{"reactor/loop_test.go", `import "github.com/kharon-net/kharon/netbox"`, 1},
		{"reactor/reactortest/main.go", `import "github.com/kharon-net/kharon/reactor"`, 0},
		{"reactor/reactortest/main.go", `import "github.com/kharon-net/kharon/codec"`, 1},
		{"sockets/tcp.go", `import ("os"; "github.com/kharon-net/kharon/codec"; "github.com/kharon-net/kharon/reactor")`, 0},
		{"sockets/tcp.go", `import ("github.com/kharon-net/kharon/codec/iproto"; "github.com/kharon-net/kharon/netbox")`, 2},
		{"netbox/box/box.go", `import "github.com/kharon-net/kharon/codec/iproto"`, 0},
		{"netbox/box/box.go", `import "github.com/kharon-net/kharon/sockets"`, 1},
		{"netbox/conn.go", `import "github.com/kharon-net/kharon/bench/table"`, 1},
		{"netbox/conn.go", `import "net/http"`, 1},
		{"netbox/conn_test.go", `import "net/http"`, 0},
		{"netbox/box/statusz/page.go", `import ("net/http"; "github.com/kharon-net/kharon/netbox/box")`, 0},
		{"netbox/box/box.go", `import "github.com/kharon-net/kharon/netbox/box/statusz"`, 1},
		{"netbox/box/box_test.go", `import "github.com/kharon-net/kharon/netbox/prometheus"`, 1},
		{"netbox/box/box.go", `import "github.com/prometheus/client_golang/prometheus"`, 1},
		{"netbox/prometheus/server.go", `import "github.com/prometheus/client_golang/prometheus"`, 0},
		{"netbox/prometheus/server.go", `import "github.com/kharon-net/kharon/netbox/box/statusz"`, 1},
		{"examples/pushserver/main.go", `import "github.com/kharon-net/kharon/netbox/box/statusz"`, 0},
		{"bench/main.go", `import "github.com/kharon-net/kharon/bench/table"`, 0},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), tt.file, "package p; "+tt.source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := breaches(tt.file, f); len(got) != tt.want {
			t.Errorf("%s: %s: want %d breaches, got %q", tt.file, tt.source, tt.want, got)
		}
	}
}

func TestGnetBreachesAreFound(t *testing.T) {
	for _, tt := range []struct {
		files []string
		want  int
	}{
		{[]string{"reactor/poller.go"}, 0},
		{[]string{"reactor/poller.go", "reactor/loop.go"}, 1},
		{[]string{"sockets/poller.go"}, 1},
		{[]string{"reactor/inner/poller.go", "bench/main.go"}, 3},
	} {
		if got := gnetBreaches(tt.files); len(got) != tt.want {
			t.Errorf("%v: want %d breaches, got %q", tt.files, tt.want, got)
		}
	}
}
