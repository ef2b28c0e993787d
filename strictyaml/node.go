package strictyaml

import (
	"fmt"
	"strconv"

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
	flow    bool   // a map or list in braces or brackets
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

// Source returns the text of the line on which the node starts.
func (n *Node) Source() string {
	if n.line > len(n.f.lines) {
		return ""
	}
	return n.f.lines[n.line-1]
}

// Failed says whether an error was reported in the node's file, about whatever node.
func (n *Node) Failed() bool { return n.f.failed }
