package canonical

import (
	"strconv"
	"strings"

	"github.com/sihehub/sihe/canonical/expr"
)

// A Numbering is the pattern of an entity's keys: "PO-{yyyy}-{seq:4}". Parts: {yyyy} {mm} {dd} {seq:N} {field}.
type Numbering struct {
	Pattern string
	Fields  []string // the fields whose values are part of the key
	Date    string   // the date field that {yyyy} {mm} {dd} are taken from; "", or null there: the day it is made
	Gapless bool     // no number is left out: none can be given by hand
	parts   []part
}

// A part is a constant text, a part of the date, the sequence number or a field.
type part struct {
	kind  partKind
	text  string // constant text or field
	width int    // of seq
}

type partKind int

const (
	constant partKind = iota
	yearPart
	monthPart
	dayPart
	seqPart
	fieldPart
)

// Sequential says whether the pattern counts; without {seq} the key is made of fields and dates alone.
func (n *Numbering) Sequential() bool {
	for _, p := range n.parts {
		if p.kind == seqPart {
			return true
		}
	}
	return false
}

// Counter names the counter of a document: numbers with the same name are counted together, from 1. As the date parts
// of the pattern are in it, the count starts anew with them.
func (n *Numbering) Counter(day expr.Date, field func(name string) string) string {
	return n.render(day, field, func(int) string { return "#" })
}

// Key returns the key with a sequence number.
func (n *Numbering) Key(day expr.Date, field func(name string) string, seq int64) string {
	return n.render(day, field, func(width int) string {
		s := strconv.FormatInt(seq, 10)
		return strings.Repeat("0", max(0, width-len(s))) + s
	})
}

func (n *Numbering) render(day expr.Date, field func(string) string, seq func(width int) string) string {
	var b strings.Builder
	date := day.String()
	for _, p := range n.parts {
		switch p.kind {
		case constant:
			b.WriteString(p.text)
		case yearPart:
			b.WriteString(date[:4])
		case monthPart:
			b.WriteString(date[5:7])
		case dayPart:
			b.WriteString(date[8:])
		case seqPart:
			b.WriteString(seq(p.width))
		case fieldPart:
			b.WriteString(field(p.text))
		}
	}
	return b.String()
}
