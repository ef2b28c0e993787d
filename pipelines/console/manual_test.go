package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sihehub/sihe/pipelines/console"
)

// TestEveryRouteIsInTheManual: both pages about the API name each of the hub's routes with its method.
func TestEveryRouteIsInTheManual(t *testing.T) {
	t.Parallel()
	parameter := regexp.MustCompile(`\{[a-z]+\}`)
	for _, language := range []string{"en", "zh"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", language, "api.md"))
		if err != nil {
			t.Fatal(err)
		}
		page := parameter.ReplaceAllString(string(b), "{}")
		for route := range console.Paths() {
			want := parameter.ReplaceAllString(route, "{}")
			if _, path, _ := strings.Cut(route, " "); path == "/health" || path == "/ready" {
				want = path
			}
			if !strings.Contains(page, "`"+want+"`") && !strings.Contains(page, "`"+want+"?") {
				t.Errorf("docs/%s/api.md does not tell of %s", language, route)
			}
		}
	}
}
