//go:build planted

package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// enough of the bugs must be found; seeds is how far the simulation looks for each.
const (
	enough = 28
	seeds  = 10_000
)

// A found row is what became of one bug.
type found struct {
	bug
	by      string // the test; empty when none found it
	seeds   string
	seconds int
}

var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	seedCount  = regexp.MustCompile(`(\d+) seeds of`)
	broken     = regexp.MustCompile(`\[build failed\]|\[setup failed\]|no tests to run`)
)

// Every planted bug is found by the tests that are named for it. PLANTED picks bugs by a pattern, and UPDATE=1 writes the
// table into docs/reliability.md.
func TestPlanted(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(os.Getenv("PLANTED"))
	var rows []found
	missed := 0
	for _, b := range slices.Concat(runtimeBugs, otherBugs) {
		if !wanted.MatchString(b.name) {
			continue
		}
		row := b.look(t, root)
		if row.by == "" {
			missed++
		}
		rows = append(rows, row)
		t.Logf("%-45s %-40s %6s seeds %4d s", row.name, row.by, row.seeds, row.seconds)
	}
	t.Logf("%d of %d found", len(rows)-missed, len(rows))
	if len(rows)-missed < min(enough, len(rows)) {
		t.Errorf("%d planted bugs were not found", missed)
	}
	if os.Getenv("UPDATE") != "" && os.Getenv("PLANTED") == "" {
		if err := write(filepath.Join(root, "docs", "reliability.md"), rows); err != nil {
			t.Error(err)
		}
	}
}

// look plants the bug and runs the tests.
func (b bug) look(t *testing.T, root string) found {
	t.Helper()
	overlay, err := b.plant(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c := exec.Command("go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-timeout=20m", "-v", "-run", b.run, "./"+b.in)
	c.Dir = root
	c.Env = append([]string{fmt.Sprintf("SIHE_SEEDS=%d", seeds)}, os.Environ()...) // the environment may set another number
	c.Env = append(c.Env, "SIHE_FAILURES=1")
	out, err := c.CombinedOutput()
	row := found{bug: b, seconds: int(time.Since(began).Seconds())}
	if broken.Match(out) {
		t.Errorf("%s: it does not even build, or nothing looks for it:\n%.3000s", b.name, out)
		return row
	}
	if n := seedCount.FindSubmatch(out); n != nil {
		row.seeds = string(n[1])
	}
	if err == nil {
		return row
	}
	row.by = "a crash of the tests"
	if by := failedTest.FindSubmatch(out); by != nil {
		row.by, _, _ = strings.Cut(string(by[1]), "/")
	}
	if os.Getenv("PLANTED") != "" {
		t.Logf("%.3000s", out)
	}
	return row
}

// plant writes the changed copies and the overlay that puts them in place.
func (b bug) plant(root, dir string) (overlay string, err error) {
	replace := map[string]string{}
	for i, e := range b.edits {
		path := filepath.Join(root, e.file)
		from := path
		if copied, ok := replace[path]; ok {
			from = copied
		}
		source, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(source), e.old); n != 1 {
			return "", fmt.Errorf("plant %q: its place is found %d times in %s:\n%s", b.name, n, e.file, e.old)
		}
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(copied, []byte(strings.Replace(string(source), e.old, e.new, 1)), 0o600); err != nil {
			return "", err
		}
		replace[path] = copied
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, raw, 0o600)
}

// heading begins the part of the page that is written anew.
const heading = "## Planted bugs"

func write(page string, rows []found) error {
	old, err := os.ReadFile(page)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	before, rest, _ := strings.Cut(string(old), heading)
	after := ""
	if i := strings.Index(rest, "\n## "); i >= 0 {
		after = rest[i:]
	}
	var s strings.Builder
	s.WriteString(heading + "\n\nOne bug at a time is planted into a copy of a source file, and the tests must find it (`make test-planted`).\n\n")
	s.WriteString("| bug | found by | after seeds | seconds | remark |\n|---|---|---:|---:|---|\n")
	n := 0
	for _, r := range rows {
		by := r.by
		if by == "" {
			by = "**not found**"
		} else {
			n++
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %d | %s |\n", r.name, by, r.seeds, r.seconds, r.note)
	}
	fmt.Fprintf(&s, "\n%d of %d found.\n", n, len(rows))
	return os.WriteFile(page, []byte(strings.TrimRight(before, "\n")+"\n\n"+s.String()+after), 0o600)
}
