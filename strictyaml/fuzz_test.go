package strictyaml

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sihehub/sihe"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a: 1\nb: [x, {y: 'z'}]\n", "when: |\n  客户 > 0\n   && b\n", "a: \"x\\u5355 \\\n  y\n\n z\"\n", "a: &x [*x]\n", "<<: 1\n", "a: >-\n b\n",
		"? a\n: b\n", "a: x\n  y # z\n", "'it''s': \"\\x41\"\n", strings.Repeat("[", 100), "\ufeffa: b\r\nc: d\r\n", "%YAML 1.2\n---\na: 1\n", "- - - a\n - b\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var found sihe.Findings
		n, ok := Parse("f.yaml", data, &found)
		for _, x := range found {
			if x.Line < 1 || x.Column < 1 || x.Message == "" || x.Code == "" {
				t.Errorf("a finding without a place: %+v", x)
			}
		}
		if !ok {
			if !found.Failed() {
				t.Error("refused without a reason")
			}
			return
		}
		lines := strings.Split(string(data), "\n")
		var walk func(*Node)
		walk = func(n *Node) {
			n.Value()
			places := n.places()
			if n.IsScalar() && len(places) != utf8.RuneCountInString(n.text) {
				t.Errorf("%q at %d:%d cannot be found again", n.text, n.line, n.column)
			}
			for _, p := range places {
				if p.line < 1 || p.line > len(lines) || p.column < 1 || p.column > len(lines[p.line-1])+1 {
					t.Errorf("a rune of %q at %d:%d is outside of the file", n.text, p.line, p.column)
				}
			}
			for _, x := range n.items {
				walk(x)
			}
			for _, e := range n.entries {
				walk(e.Key)
				walk(e.Value)
			}
		}
		walk(n)
	})
}
