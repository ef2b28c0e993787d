package strictyaml

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// A line is one line of the result before values and comments are aligned.
type line struct {
	head    string // with its indentation
	value   string
	comment string
	whole   bool // head is all of it, as it must stand
	kept    bool // a blank line inside a text

	group         int // lines of one map or list have the same; 0: never aligned
	valueColumn   int // in the source, in cells
	commentColumn int
}

func (l line) blank() bool { return !l.kept && l.head == "" && l.value == "" }

// width counts cells: wide characters take two.
func width(s string) int { return runewidth.StringWidth(s) }

// align joins the parts of each line. Values that stood under each other in one map or list stay under each other, as
// close as they can; every other value has one space before it. Comments behind neighbouring values likewise, with two
// spaces.
func align(lines []line) []string {
	type column struct{ group, source int }
	to := map[column]int{}
	for _, l := range lines {
		if l.group != 0 {
			at := column{l.group, l.valueColumn}
			to[at] = max(to[at], width(l.head)+1)
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.head + l.value
		if l.head != "" && l.value != "" {
			space := max(to[column{l.group, l.valueColumn}]-width(l.head), 1)
			out[i] = l.head + strings.Repeat(" ", space) + l.value
		}
	}
	for i := 0; i < len(lines); {
		n := run(lines, i, func(a, b line) bool {
			return a.commentColumn > 0 && a.commentColumn == b.commentColumn && a.comment != "" && b.comment != ""
		})
		column := 0
		for j := i; j < i+n; j++ {
			column = max(column, width(out[j])+2)
		}
		for j := i; j < i+n; j++ {
			if c := lines[j].comment; c != "" {
				out[j] += strings.Repeat(" ", column-width(out[j])) + c
			}
		}
		i += n
	}
	return out
}

// run returns how many lines from i on are alike, each with the next one; at least 1.
func run(lines []line, i int, alike func(a, b line) bool) int {
	n := 1
	for i+n < len(lines) && alike(lines[i+n-1], lines[i+n]) {
		n++
	}
	return n
}
