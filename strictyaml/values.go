package strictyaml

import (
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
)

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
