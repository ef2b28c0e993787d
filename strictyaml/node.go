package strictyaml

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sihehub/sihe"
)

type kind uint8

const (
	scalarKind kind = iota
	mapKind
	listKind
	brokenKind // already reported; answers every question with false
)

type style uint8

const (
	plainStyle style = iota
	singleStyle
	doubleStyle
	literalStyle
)

// A Node is one value of a file with its place.
type Node struct {
	f       *file
	kind    kind
	style   style
	text    string // of a scalar
	line    int
	column  int
	items   []*Node // of a list
	entries []Entry // of a map
	asked   []string
	taken   map[string]bool
}

// An Entry is one key of a map with its value.
type Entry struct {
	Key   *Node
	Name  string
	Value *Node
}

// Path returns the file's path; Line and Column where the node starts, counted from 1 in runes.
func (n *Node) Path() string { return n.f.path }

// Line returns the line on which the node starts.
func (n *Node) Line() int { return n.line }

// Column returns the column at which the node starts, in runes.
func (n *Node) Column() int { return n.column }

// IsScalar says whether the node is a single value.
func (n *Node) IsScalar() bool { return n.kind == scalarKind }

// IsMap says whether the node has keys.
func (n *Node) IsMap() bool { return n.kind == mapKind }

// IsList says whether the node has items.
func (n *Node) IsList() bool { return n.kind == listKind }

// Quoted says whether a scalar is quoted: constant text, where a plain or `|` scalar is an expression.
func (n *Node) Quoted() bool {
	return n.kind == scalarKind && (n.style == singleStyle || n.style == doubleStyle)
}

// IsNull says whether the value was left out, or is null or ~.
func (n *Node) IsNull() bool {
	return n.kind == scalarKind && n.style == plainStyle && (n.text == "" || n.text == "null" || n.text == "~")
}

// Literal returns a scalar's text without reporting anything; "" for a map or list.
func (n *Node) Literal() string { return n.text }

// Text returns a scalar's text. A value that was left out is reported.
func (n *Node) Text() (string, bool) {
	if !n.scalar("text") {
		return "", false
	}
	if n.IsNull() {
		n.Report(sihe.CodeYAMLValue, "", "needs text, found nothing")
		return "", false
	}
	return n.text, true
}

// Bool reads true or false.
func (n *Node) Bool() (value, ok bool) {
	if !n.scalar("true or false") {
		return false, false
	}
	if n.style == plainStyle && (n.text == "true" || n.text == "false") {
		return n.text == "true", true
	}
	n.Report(sihe.CodeYAMLValue, "", "needs true or false, found %s", n.shown())
	return false, false
}

// Int reads a whole number.
func (n *Node) Int() (int, bool) {
	if !n.scalar("a whole number") {
		return 0, false
	}
	if n.style == plainStyle {
		if i, err := strconv.Atoi(n.text); err == nil {
			return i, true
		}
	}
	n.Report(sihe.CodeYAMLValue, "", "needs a whole number, found %s", n.shown())
	return 0, false
}

// Decimal reads an exact number; quotes do not matter.
func (n *Node) Decimal() (sihe.Decimal, bool) {
	if !n.scalar("a number") {
		return sihe.Decimal{}, false
	}
	d, err := sihe.ParseDecimal(n.text)
	if err != nil {
		n.Report(sihe.CodeYAMLValue, "", "needs a number, found %s", n.shown())
		return sihe.Decimal{}, false
	}
	return d, true
}

// Duration reads a time span as Go writes it, e.g. 90s, 5m, 1h30m, and whole days, e.g. 7d. It is never negative.
func (n *Node) Duration() (time.Duration, bool) {
	if !n.scalar("a duration") {
		return 0, false
	}
	if days, ok := strings.CutSuffix(n.text, "d"); ok {
		if i, err := strconv.Atoi(days); err == nil && i >= 0 && i <= 36500 {
			return time.Duration(i) * 24 * time.Hour, true
		}
	}
	d, err := time.ParseDuration(n.text)
	if err != nil || d < 0 {
		n.Report(sihe.CodeYAMLValue, "", "needs a duration such as 30s, 5m or 7d, found %s", n.shown())
		return 0, false
	}
	return d, true
}

// OneOf reads one of the names.
func (n *Node) OneOf(names ...string) (string, bool) {
	list := strings.Join(names, ", ")
	if !n.scalar("one of " + list) {
		return "", false
	}
	for _, x := range names {
		if x == n.text {
			return x, true
		}
	}
	n.Report(sihe.CodeYAMLValue, didYouMean(n.text, names), "needs one of %s, found %s", list, n.shown())
	return "", false
}

// List returns the items of a list.
func (n *Node) List() ([]*Node, bool) {
	if n.kind != listKind {
		n.wrongKind("a list")
		return nil, false
	}
	return n.items, true
}

// Value converts without a schema: map[string]any, []any, string, bool, int, sihe.Decimal, nil. A number is what JSON
// calls one, so 007 and 1_000 are texts. An int is used where it fits.
func (n *Node) Value() any {
	switch n.kind {
	case mapKind:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.Name] = e.Value.Value()
		}
		return m
	case listKind:
		l := make([]any, len(n.items))
		for i, x := range n.items {
			l[i] = x.Value()
		}
		return l
	case scalarKind:
		return n.scalarValue()
	default:
		return nil
	}
}

func (n *Node) scalarValue() any {
	switch {
	case n.style != plainStyle:
		return n.text
	case n.IsNull():
		return nil
	case n.text == "true" || n.text == "false":
		return n.text == "true"
	}
	if !jsonNumber(n.text) {
		return n.text
	}
	if i, err := strconv.Atoi(n.text); err == nil {
		return i
	}
	if d, err := sihe.ParseDecimal(n.text); err == nil {
		return d
	}
	return n.text
}

// jsonNumber says whether s is a number of JSON without an exponent.
func jsonNumber(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!point || digits(fraction))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// scalar reports when the node is no single value.
func (n *Node) scalar(needed string) bool {
	if n.kind != scalarKind {
		n.wrongKind(needed)
	}
	return n.kind == scalarKind
}

func (n *Node) wrongKind(needed string) {
	if n.kind != brokenKind {
		n.Report(sihe.CodeYAMLType, "", "needs %s, found %s", needed, n.shown())
	}
}

// shown describes the node for a message.
func (n *Node) shown() string {
	switch {
	case n.kind == mapKind:
		return "a map"
	case n.kind == listKind:
		return "a list"
	case n.IsNull():
		return "nothing"
	}
	if r := []rune(n.text); len(r) > 40 {
		return strconv.Quote(string(r[:40])) + "…"
	}
	return strconv.Quote(n.text)
}

// Report adds an error where the node starts.
func (n *Node) Report(code sihe.Code, suggestion, format string, args ...any) {
	n.f.report(n.line, n.column, code, suggestion, format, args...)
}

// Warn adds a warning where the node starts.
func (n *Node) Warn(code sihe.Code, suggestion, format string, args ...any) {
	n.f.add(sihe.SeverityWarning, n.line, n.column, code, suggestion, fmt.Sprintf(format, args...))
}

// ReportAt adds an error at a rune of the scalar's text.
func (n *Node) ReportAt(runeOffset int, code sihe.Code, suggestion, format string, args ...any) {
	line, column := n.Position(runeOffset)
	n.f.report(line, column, code, suggestion, format, args...)
}

// node takes over a YAML node and everything below it.
func (d *file) node(y *yaml.Node) *Node {
	n := &Node{f: d, line: max(y.Line, 1), column: max(y.Column, 1)}
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
	case y.Style&yaml.TaggedStyle != 0:
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
