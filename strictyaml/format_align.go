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
// close as they can; every other value has one space before it. Comments of one column likewise, with two spaces.
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
	behind := map[int]int{}
	for i, l := range lines {
		behind[l.commentColumn] = max(behind[l.commentColumn], width(out[i])+2)
	}
	for i, l := range lines {
		switch {
		case l.comment == "":
		case l.commentColumn == 0:
			out[i] += "  " + l.comment
		default:
			out[i] += strings.Repeat(" ", behind[l.commentColumn]-width(out[i])) + l.comment
		}
	}
	return out
}
