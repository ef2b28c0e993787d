package strictyaml

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sihehub/sihe"
)

// Position returns the line and column of a rune of the scalar's text, counted from 1 in runes. It is right inside `|`
// blocks, folded lines and escapes. An offset at or after the end is the place after the last rune.
func (n *Node) Position(runeOffset int) (line, column int) {
	places := n.places()
	if len(places) == 0 {
		return n.line, n.column
	}
	if last := places[len(places)-1]; runeOffset >= len(places) {
		return last.line, last.column + 1
	}
	p := places[max(runeOffset, 0)]
	return p.line, p.column
}

// A place is where one rune of a scalar's text stands.
type place struct{ line, column int }

// A walk reads a scalar's source again and notes for each rune of its text where it came from.
type walk struct {
	f      *file
	line   int // index of the current one
	column int // index of the next rune in it
	text   []rune
	places []place
	limit  int // runes of the text
}

// places returns the place of every rune, or none when the source does not give the text again.
func (n *Node) places() []place {
	if n.kind != scalarKind || n.text == "" {
		return nil
	}
	w := walk{f: n.f, limit: utf8.RuneCountInString(n.text), line: n.line - 1, column: n.column - 1}
	switch n.style {
	case literalStyle:
		w.literal(n.text)
	case doubleStyle, singleStyle:
		w.column++
		w.flow(n.style)
	default:
		w.flow(plainStyle)
	}
	if string(w.text) != n.text {
		return nil
	}
	return w.places
}

func (w *walk) emit(r rune) {
	w.text = append(w.text, r)
	w.places = append(w.places, place{w.line + 1, w.column + 1})
}

func (w *walk) more() bool { return len(w.text) < w.limit && w.line < len(w.f.lines) }

// literal walks a `|` block: the indentation of the first line with text is taken off every line.
func (w *walk) literal(text string) {
	w.line++
	own := 0 // spaces that the text itself starts with, when the block says its indentation
	for l := range strings.SplitSeq(text, "\n") {
		if strings.Trim(l, " ") != "" {
			own = len(l) - len(strings.TrimLeft(l, " "))
			break
		}
	}
	indent := 0
	for _, l := range w.f.lines[min(w.line, len(w.f.lines)):] {
		if s := strings.TrimLeft(l, " "); s != "" {
			indent = max(len(l)-len(s)-own, 0)
			break
		}
	}
	for ; w.more(); w.line++ {
		for w.column = min(indent, len(w.f.row(w.line))); w.column < len(w.f.row(w.line)) && w.more(); w.column++ {
			w.emit(w.f.row(w.line)[w.column])
		}
		if w.more() {
			w.emit('\n')
		}
	}
}

// flow walks a plain or quoted scalar, whose line ends become one space, or line ends when empty lines follow.
func (w *walk) flow(s style) {
	for w.more() {
		l := w.f.row(w.line)
		ink := min(w.column, len(l))
		for ink < len(l) && (l[ink] == ' ' || l[ink] == '\t') {
			ink++
		}
		if ink == len(l) {
			w.fold()
			continue
		}
		for ; w.column < ink && w.more(); w.column++ {
			w.emit(l[w.column])
		}
		if !w.more() {
			return
		}
		switch r := l[w.column]; {
		case s == singleStyle && r == '\'':
			w.emit('\'')
			w.column += 2
		case s == doubleStyle && r == '\\':
			w.escape(l)
		default:
			w.emit(r)
			w.column++
		}
	}
}

// fold passes a line end with the blanks around it.
func (w *walk) fold() {
	at := place{w.line + 1, w.column + 1}
	empty := 0
	for w.line++; w.line < len(w.f.lines) && strings.Trim(w.f.lines[w.line], " \t") == ""; w.line++ {
		empty++
	}
	folded := []rune(strings.Repeat("\n", empty))
	if empty == 0 {
		folded = []rune{' '}
	}
	for _, r := range folded {
		w.text = append(w.text, r)
		w.places = append(w.places, at)
	}
	w.skipIndent()
}

func (w *walk) skipIndent() {
	w.column = 0
	for w.line < len(w.f.lines) && w.column < len(w.f.row(w.line)) && strings.ContainsRune(" \t", w.f.row(w.line)[w.column]) {
		w.column++
	}
}

// escape walks one escape sequence of a double-quoted scalar. A value that it cannot read spoils the comparison in
// places, which then gives the start of the scalar.
func (w *walk) escape(l []rune) {
	if w.column+1 >= len(l) { // an escaped line end joins the lines; empty ones after it stay
		at := place{w.line + 1, w.column + 1}
		for w.line++; w.line < len(w.f.lines) && strings.Trim(w.f.lines[w.line], " \t") == ""; w.line++ {
			w.text, w.places = append(w.text, '\n'), append(w.places, at)
		}
		w.skipIndent()
		return
	}
	c := l[w.column+1]
	length := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c]
	if length == 0 {
		w.emit(simpleEscape(c))
		w.column += 2
		return
	}
	code := string(l[min(w.column+2, len(l)):min(w.column+2+length, len(l))])
	n, _ := strconv.ParseInt(code, 16, 32) // the scanner has checked it
	w.emit(rune(n))
	w.column += 2 + length
}

func simpleEscape(c rune) rune {
	const names, values = "0abt\tnvfre \"/\\N_LP", "\x00\a\b\t\t\n\v\f\r\x1b \"/\\\u0085\u00a0\u2028\u2029"
	if i := strings.IndexRune(names, c); i >= 0 {
		return []rune(values)[i]
	}
	return c
}

// warnWhenCut warns when a comment has probably swallowed the rest of an expression: a plain value before ` #` that
// looks unfinished, or a # that is followed by no blank, as a comment would have it.
func (d *file) warnWhenCut(n *Node) {
	if n.style != plainStyle || n.text == "" || strings.Contains(n.text, "\n") || n.line > len(d.lines) {
		return
	}
	l := d.row(n.line - 1)
	end := n.column - 1 + utf8.RuneCountInString(n.text)
	if end > len(l) || string(l[n.column-1:end]) != n.text {
		return
	}
	mark := end
	for mark < len(l) && (l[mark] == ' ' || l[mark] == '\t') {
		mark++
	}
	if mark < len(l) && l[mark] == ',' && openBrackets(n.text) {
		n.Warn(sihe.CodeYAMLCut, "write the value on a line of its own, outside of the braces", "the value ends before the comma: inside {…} and […] a comma starts the next one")
		return
	}
	if mark == end || mark == len(l) || l[mark] != '#' {
		return
	}
	if unfinished(n.text) || (mark+1 < len(l) && !strings.ContainsRune(" \t#", l[mark+1])) {
		n.Warn(sihe.CodeYAMLCut, "put it into a | block if it belongs to the value", "the value ends before %q; the rest of the line is a comment", string(l[mark:]))
	}
}

// unfinished says whether an expression cannot end here: quotes or brackets are open, or an operator comes last.
func unfinished(text string) bool {
	return openBrackets(text) || strings.IndexByte("+-*/=<>&|,?", text[len(text)-1]) >= 0
}

// openBrackets says whether a quote or a bracket is open at the end of an expression.
func openBrackets(text string) bool {
	quote, open := rune(0), 0
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
		case r == '"':
			quote = r
		case r == '(' || r == '[':
			open++
		case r == ')' || r == ']':
			open--
		}
	}
	return quote != 0 || open > 0
}
