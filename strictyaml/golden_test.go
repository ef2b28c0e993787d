package strictyaml

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/goldentest"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

// Each archive holds pairs of <case>.yaml and <case>.want: what is found, then the tree with its places.
func TestGolden(t *testing.T) {
	goldentest.Run(t, "testdata/[^f]*.txtar", 15, *update, func(_ *testing.T, c goldentest.Case) string {
		return described(c.Files[0].Name, c.Files[0].Data)
	})
}

func described(path string, data []byte) string {
	var f sihe.Findings
	var b strings.Builder
	n, ok := Parse(path, data, &f)
	for _, x := range f.Sorted() {
		fmt.Fprintf(&b, "%s %s\n", x.Severity, x)
	}
	if !ok {
		b.WriteString("unusable\n")
	} else if !f.Failed() {
		outline(&b, "", n)
	}
	return b.String()
}

func outline(b *strings.Builder, indent string, n *Node) {
	switch {
	case n.IsMap():
		m, _ := n.Map()
		for _, e := range m.Entries() {
			fmt.Fprintf(b, "%s%d:%d %s:", indent, e.Key.Line(), e.Key.Column(), e.Name)
			outlineValue(b, indent, e.Value)
		}
	case n.IsList():
		items, _ := n.List()
		for _, x := range items {
			fmt.Fprintf(b, "%s%d:%d -", indent, x.Line(), x.Column())
			outlineValue(b, indent, x)
		}
	default:
		outlineValue(b, indent, n)
	}
}

func outlineValue(b *strings.Builder, indent string, n *Node) {
	if !n.IsScalar() {
		b.WriteString("\n")
		outline(b, indent+"  ", n)
		return
	}
	line, column := n.Position(len([]rune(n.Literal())) - 1)
	fmt.Fprintf(b, " %q %T quoted=%v last rune at %d:%d\n", n.Literal(), n.Value(), n.Quoted(), line, column)
}
