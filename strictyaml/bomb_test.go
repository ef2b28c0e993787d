package strictyaml

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

// Inputs that once took scanners of YAML minutes or gigabytes (CVE-2019-11254, CVE-2021-4235, CVE-2022-28948).
func TestBombs(t *testing.T) {
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	for name, text := range map[string]string{
		"brackets":         strings.Repeat("[", 20_000),
		"braces":           strings.Repeat("{", 200_000),
		"nested":           deep("[", "]", 20_000),
		"maps":             deep("{a: ", "}", 20_000),
		"block depth":      nested(600),
		"dashes":           strings.Repeat("- ", 100_000),
		"question marks":   strings.Repeat("? ", 100_000),
		"colons":           strings.Repeat(": ", 100_000),
		"keys":             strings.Repeat("a: 1\n", 40_000),
		"distinct keys":    numbered("k%d: 1\n", 20_000),
		"empty lists":      "a: [" + strings.Repeat("[],", 60_000) + "]",
		"one line":         "a: " + strings.Repeat("x", 250_000),
		"words":            "a: " + strings.Repeat("x ", 120_000),
		"long block":       "a: |\n" + strings.Repeat(" x\n", 80_000),
		"long folded":      "a: x\n" + strings.Repeat("  y\n", 60_000),
		"long quoted":      "a: \"" + strings.Repeat("\\u5355", 40_000) + "\"",
		"comments":         strings.Repeat("#\n", 120_000) + "a: 1",
		"comment per key":  numbered("# c\nk%d: 1 # d\n", 14_000),
		"aliases":          "a: &a [x]\n" + strings.Repeat("- *a\n", 50_000),
		"flow of scalars":  "[" + strings.Repeat("a, ", 80_000) + "]",
		"flow single pair": "[" + strings.Repeat("a: b, ", 40_000) + "]",
		"simple keys":      strings.Repeat("a\n", 100_000),
		"too large":        strings.Repeat("a", MaxSize+1),
		"CVE-2022-28948":   "0: [:!00 \xef",
		"CVE-2019-11254":   strings.Repeat("{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{[", 500),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var f sihe.Findings
			n, ok := Parse("bomb.yaml", []byte(text), &f)
			if ok {
				n.Value()
				n.Position(1 << 30)
			} else if !f.Failed() {
				t.Error("refused without a reason")
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
				t.Errorf("took %d MiB", used>>20)
			}
			if len(f) > MaxFindings {
				t.Errorf("%d findings", len(f))
			}
		})
	}
}

func nested(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
