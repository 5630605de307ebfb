package reactor_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// topLevel is everything that may stand at the module's root.
var topLevel = []string{
	".ci", ".git", ".gitignore", ".golangci.yml",
	"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "go.mod", "go.sum",
	"bench", "codec", "examples", "netbox", "reactor", "sockets",
}

// strangers returns the names that do not belong at the top level and match none of the patterns to ignore.
func strangers(names, ignore []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.Contains(topLevel, name) || slices.ContainsFunc(ignore, func(pattern string) bool {
			matched, _ := path.Match(pattern, name)
			return matched
		})
	})
}

func TestTopLevelStays(t *testing.T) {
	root := moduleRoot(t)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	gitignore, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	for _, name := range strangers(names, strings.Split(string(gitignore), "\n")) {
		t.Errorf("%s at the top level: it belongs into one of the folders there", name)
	}
}

func TestStrangersAreFound(t *testing.T) {
	names := []string{"go.mod", "reactor", "internal", "reactor.test", "notes.md"}
	if got, want := strangers(names, []string{"*.test"}), []string{"internal", "notes.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
