package examples

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeShowsTheExampleThatRuns keeps the README's program equal to the
// Example of package box, which go test runs.
func TestReadmeShowsTheExampleThatRuns(t *testing.T) {
	readme := read(t, "../README.md")
	source := read(t, "../netbox/box/example_test.go")
	shown := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(readme)
	run := regexp.MustCompile(`(?s)func Example\(\) \{\n(.*?)\t// Output:`).FindStringSubmatch(source)
	if shown == nil || run == nil {
		t.Fatal("no program in the README, or no Example")
	}
	if unindented := strings.ReplaceAll("\n"+run[1], "\n\t", "\n")[1:]; shown[1] != unindented {
		t.Errorf("the README shows\n%s\nthe Example is\n%s", shown[1], unindented)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
