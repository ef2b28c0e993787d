package strictyaml

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/sihehub/sihe"
)

// An Order sorts the keys of a map. path leads to the map: keys, and "-" for an item of a list. Maps whose order means
// something come back as they are.
type Order func(path, names []string) []string

// Format writes a file in its canonical form: keys in their order, two spaces per level, one space after a colon unless
// neighbours are aligned, at most one blank line, no space at the end of a line. Comments stay with what they stand above
// or behind. The meaning never changes: the result is read again and compared. A file with errors is reported and not
// formatted.
func Format(path string, data []byte, order Order, f *sihe.Findings) (out []byte, ok bool) {
	mark := len(*f)
	root, ok := Parse(path, data, f)
	if !ok || (*f)[mark:].Failed() {
		return nil, false
	}
	if !block(root) {
		return data, true // no kind of file is written like that
	}
	out, ok = printed(root, order)
	var again sihe.Findings
	if ok {
		var second *Node
		second, ok = Parse(path, out, &again)
		ok = ok && !again.Failed() && sameMeaning(root, second) && slices.Equal(comments(data), comments(out))
	}
	if !ok {
		root.Report(sihe.CodeYAMLFormat, "write it in a simpler way: one key a line, comments on lines of their own", "the file cannot be formatted without a risk to its meaning or its comments")
		return nil, false
	}
	return out, true
}

// printed gives up where the source is written in a way that the printer does not follow.
func printed(root *Node, order Order) (out []byte, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	p := &printer{file: root.f, order: order}
	p.document(root)
	return []byte(strings.Join(align(p.lines), "\n") + "\n"), true
}

// sameMeaning compares two trees; the keys of a map may stand in another order.
func sameMeaning(a, b *Node) bool {
	if a.kind != b.kind || a.IsNull() != b.IsNull() || len(a.entries) != len(b.entries) || len(a.items) != len(b.items) {
		return false
	}
	if a.kind == scalarKind {
		return a.text == b.text && a.style == b.style
	}
	for i := range a.items {
		if !sameMeaning(a.items[i], b.items[i]) {
			return false
		}
	}
	for _, x := range a.entries {
		i := slices.IndexFunc(b.entries, func(y Entry) bool { return y.Name == x.Name })
		if i < 0 || !sameMeaning(x.Value, b.entries[i].Value) {
			return false
		}
	}
	return true
}

// comments returns the lines of all comments, sorted.
func comments(data []byte) []string {
	var doc yaml.Node
	l, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil || l.Load(&doc) != nil {
		return nil
	}
	var all []string
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		for _, text := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); line != "" {
					all = append(all, line)
				}
			}
		}
		for _, x := range n.Content {
			visit(x)
		}
	}
	visit(&doc)
	slices.Sort(all)
	return all
}
