package canonical

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// resolveNumber reads the pattern of the keys: a text, or {pattern:, date:, gapless:}.
func (d *draft) resolveNumber() {
	n := d.nodes["number"]
	if n == nil {
		return
	}
	number := &Numbering{}
	if n.IsMap() {
		if n = d.numberMap(n, number); n == nil {
			return
		}
	}
	pattern, ok := n.Text()
	if !ok {
		return
	}
	number.Pattern = pattern
	bad := func(suggestion, format string, args ...any) {
		n.Report(sihe.CodeEntityNumber, suggestion, "number "+strconv.Quote(pattern)+": "+format, args...)
		number = nil
	}
	for rest := pattern; rest != "" && number != nil; {
		text, after, found := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			bad("", "a } without {")
			return
		}
		if text != "" {
			number.parts = append(number.parts, part{kind: constant, text: text})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed {
			bad("", "a { without }")
			return
		}
		d.numberPart(number, name, bad)
		rest = after
	}
	if number != nil {
		d.checkNumber(number, bad)
	}
	d.e.Number = number
}

// numberMap reads the long form and returns the node of the pattern.
func (d *draft) numberMap(n *strictyaml.Node, number *Numbering) *strictyaml.Node {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	pattern := m.Need("pattern")
	if v := m.Take("gapless"); v != nil {
		number.Gapless, _ = v.Bool()
	}
	if v := m.Take("date"); v != nil {
		name, ok := v.Text()
		f, found := d.e.fields[name]
		if ok && (!found || f.Kind != KindDate || strings.Contains(name, ".")) {
			v.Report(sihe.CodeEntityNumber, didYouMeanOr(name, d.fieldNames(), ""), "number: %q is no date of the document", name)
			ok = false
		}
		if ok {
			number.Date = name
		}
	}
	m.Done()
	return pattern
}

func (d *draft) numberPart(number *Numbering, name string, bad func(suggestion, format string, args ...any)) {
	p := part{text: name}
	width, counts := strings.CutPrefix(name, "seq")
	switch {
	case name == "yyyy":
		p.kind = yearPart
	case name == "mm":
		p.kind = monthPart
	case name == "dd":
		p.kind = dayPart
	case counts && (width == "" || width[0] == ':'):
		p.kind, p.width = seqPart, 1
		if width != "" {
			w, err := strconv.Atoi(width[1:])
			if err != nil || w < 1 || w > 12 {
				bad("write {seq:4}", "{%s} needs a width from 1 to 12", name)
				return
			}
			p.width = w
		}
	default:
		p.kind = fieldPart
		f, found := d.e.fields[name]
		if !found || strings.Contains(name, ".") || f.Kind == KindList || f.Kind == KindRecord {
			bad(didYouMeanOr(name, append(d.fieldNames(), "yyyy", "mm", "dd", "seq:4"), ""), "unknown part {%s}", name)
			return
		}
		number.Fields = append(number.Fields, name)
	}
	number.parts = append(number.parts, p)
}

// checkNumber reports patterns that would give the same key twice.
func (d *draft) checkNumber(number *Numbering, bad func(suggestion, format string, args ...any)) {
	has := func(k partKind) bool {
		return slices.ContainsFunc(number.parts, func(p part) bool { return p.kind == k })
	}
	switch {
	case !has(seqPart) && !has(fieldPart):
		bad("add {seq:4}", "every document would have the same key")
	case has(dayPart) && !has(monthPart):
		bad("add {mm}", "{dd} without {mm} repeats every month")
	case has(monthPart) && !has(yearPart):
		bad("add {yyyy}", "{mm} without {yyyy} repeats every year")
	case slices.Contains(number.Fields, d.e.Key):
		bad("", "the key cannot be made of itself")
	}
}

// filled reports fields of the number pattern that may be empty when the key is made.
func (d *draft) filled(n *strictyaml.Node) {
	if d.e.Number == nil {
		return
	}
	if d.e.Number.Gapless && !d.e.Number.Sequential() {
		n.Report(sihe.CodeEntityNumber, "add {seq:4}", "number %q: without a count there is nothing to keep without gaps", d.e.Number.Pattern)
	}
	for _, name := range d.e.Number.Fields {
		if f := d.e.fields[name]; f.Type != nil && f.Type.Nullable {
			n.Report(sihe.CodeEntityNumber, "make it required, or give it a default", "number %q: %s may be empty", d.e.Number.Pattern, name)
		}
	}
}
