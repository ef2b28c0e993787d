package strictyaml

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sihehub/sihe"
)

var update = flag.Bool("update", false, "write what the tests get into their golden files")

// Each archive holds pairs of <case>.yaml and <case>.want: what is found, then the tree with its places.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	cases := 0
	for _, path := range files {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(a.Files); i++ {
			name, isInput := strings.CutSuffix(a.Files[i].Name, ".yaml")
			if !isInput {
				continue
			}
			cases++
			got := described(a.Files[i].Name, a.Files[i].Data)
			want := txtar.File{Name: name + ".want"}
			if i+1 < len(a.Files) && a.Files[i+1].Name == want.Name {
				want = a.Files[i+1]
			} else if *update {
				a.Files = append(a.Files[:i+1], append([]txtar.File{want}, a.Files[i+1:]...)...)
			}
			if *update {
				a.Files[i+1].Data = []byte(got)
				continue
			}
			t.Run(name, func(t *testing.T) {
				if diff := cmp.Diff(string(want.Data), got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cases < 15 {
		t.Errorf("only %d cases", cases)
	}
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
