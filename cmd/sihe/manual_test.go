package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/config/schema"
	"github.com/sihehub/sihe/strictyaml"
)

// page reads a page of the manual.
func page(t *testing.T, language, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", language, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks returns the fenced blocks of a language with the line on which each starts.
func blocks(text, kind string) map[int]string {
	found := map[int]string{}
	start := 0
	var block []string
	for i, line := range strings.Split(text, "\n") {
		switch {
		case start == 0 && line == "```"+kind:
			start = i + 2
		case start > 0 && line == "```":
			found[start] = strings.Join(block, "\n") + "\n"
			start, block = 0, nil
		case start > 0:
			block = append(block, line)
		}
	}
	return found
}

// TestManualOfTheLanguage: the YAML files on the page form one hub that lints without a word and passes its own tests,
// and they are laid out as `sihe fmt` does.
func TestManualOfTheLanguage(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		dir := filepath.Join(t.TempDir(), "hub")
		sihehub := func(args ...string) string {
			var out bytes.Buffer
			if code := execute(t.Context(), append(args, "--lang", "en"), &out, &out, func(string) string { return "" }); code != exitOK {
				t.Errorf("%s: sihe %s: exit code %d\n%s", language, strings.Join(args, " "), code, out.String())
			}
			return out.String()
		}
		sihehub("init", dir)
		n := 0
		for line, text := range blocks(page(t, language, "language.md"), "yaml") {
			n++
			folder, suffix := folderOf(t, text), ""
			if strings.HasPrefix(text, "test:") {
				suffix = "_test"
			}
			name := filepath.Join(dir, folder, fmt.Sprintf("line%d%s.yaml", line, suffix))
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if n < 10 {
			t.Errorf("%s: only %d examples", language, n)
		}
		if out := sihehub("lint", dir); !strings.Contains(out, "no errors") {
			t.Errorf("%s: %s", language, out)
		}
		sihehub("test", dir)
		sihehub("fmt", "--check", dir)
	}
}

// folderOf says where in a hub a file belongs.
func folderOf(t *testing.T, text string) string {
	t.Helper()
	var f sihe.Findings
	n, ok := strictyaml.Parse("example", []byte(text), &f)
	if !ok {
		t.Fatalf("%v\n%s", f, text)
	}
	m, _ := n.Map()
	var keys []string
	for _, e := range m.Entries() {
		keys = append(keys, e.Name)
	}
	switch kind := schema.KindOf(keys); kind {
	case "entity":
		return "entities"
	case "mapping":
		return "mappings"
	case "pipeline", "check", "test":
		return "pipelines"
	default:
		t.Fatalf("an example of kind %q\n%s", kind, text)
		return ""
	}
}

// TestManualOfExpressions computes the table of expressions.
func TestManualOfExpressions(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		inside, rows := false, 0
		for line := range strings.Lines(page(t, language, "language.md")) {
			cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), "|")
			if len(cells) < 4 {
				inside = false
				continue
			}
			if head := strings.TrimSpace(cells[1]); head == "Expression" || head == "表达式" {
				inside = true
				continue
			}
			text := strings.Trim(strings.ReplaceAll(cells[1], "\x00", "|"), " `")
			if !inside || strings.HasPrefix(text, "---") {
				continue
			}
			rows++
			scope, frame := expr.Sample()
			p, problems := expr.Compile(text, scope)
			if len(problems) > 0 {
				t.Errorf("%s: %s: %v", language, text, problems)
				continue
			}
			v, err := p.Eval(frame)
			if want := strings.Trim(cells[2], " `"); err != nil || v.String() != want {
				t.Errorf("%s: %s gives %v %v, the page says %s", language, text, v, err, want)
			}
		}
		if rows < 8 {
			t.Errorf("%s: only %d expressions", language, rows)
		}
	}
}

// TestManualOfTheHub: every hub.yaml on the page is read without a word.
func TestManualOfTheHub(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		found := blocks(page(t, language, "hub.md"), "yaml")
		if len(found) < 3 {
			t.Errorf("%s: only %d examples", language, len(found))
		}
		for line, text := range found {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, config.File), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var f sihe.Findings
			c := config.Load(dir, os.DirFS(dir), func(string, string) (string, bool) { return "a-secret-of-some-length", true }, &f)
			if c == nil || len(f) > 0 {
				t.Errorf("docs/%s/hub.md:%d: %v", language, line, f)
			}
			after, ok := formatted(config.File, []byte(text), &f)
			if !ok || string(after) != text {
				t.Errorf("docs/%s/hub.md:%d: `sihe fmt` writes it so: %v\n%s", language, line, f, after)
			}
		}
	}
}
