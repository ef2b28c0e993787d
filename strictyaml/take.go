package strictyaml

import (
	"go.yaml.in/yaml/v4"

	"github.com/sihehub/sihe"
)

// node takes over a YAML node and everything below it.
func (d *file) node(y *yaml.Node) *Node {
	n := &Node{f: d, line: max(y.Line, 1), column: max(y.Column, 1), flow: y.Style&yaml.FlowStyle != 0}
	if !d.allowed(n, y) {
		n.kind = brokenKind
		return n
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = mapKind
		d.fill(n, y.Content)
	case yaml.SequenceNode:
		n.kind = listKind
		n.items = make([]*Node, len(y.Content))
		for i, x := range y.Content {
			n.items[i] = d.node(x)
		}
	default:
		n.text = y.Value
		n.style = styleOf(y.Style)
		d.warnWhenCut(n)
	}
	return n
}

func styleOf(s yaml.Style) style {
	switch {
	case s&yaml.SingleQuotedStyle != 0:
		return singleStyle
	case s&yaml.DoubleQuotedStyle != 0:
		return doubleStyle
	case s&yaml.LiteralStyle != 0:
		return literalStyle
	}
	return plainStyle
}

// allowed reports the features of YAML that are not used.
func (d *file) allowed(n *Node, y *yaml.Node) bool {
	feature := ""
	switch {
	case y.Kind == yaml.AliasNode:
		feature = "an alias (*)"
	case y.Anchor != "":
		feature = "an anchor (&)"
	case y.Style&yaml.TaggedStyle != 0 || d.starts(n, '!'): // the scanner forgets a lone "!"
		feature = "a tag (!)"
	case y.Style&yaml.FoldedStyle != 0:
		feature = "a folded block (>)"
	case y.Kind != yaml.MappingNode && y.Kind != yaml.SequenceNode && y.Kind != yaml.ScalarNode:
		feature = "this kind of node"
	default:
		return true
	}
	n.Report(sihe.CodeYAMLFeature, "write the value out; use | for long text", "%s is not used in these files", feature)
	return false
}

// starts says whether the source of a node starts with a rune.
func (d *file) starts(n *Node, r rune) bool {
	l := d.row(n.line - 1)
	return n.column <= len(l) && l[n.column-1] == r
}
