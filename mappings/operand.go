package mappings

import (
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// An operand is a checked value of a target field: a program or a constant.
type operand struct {
	typ     *expr.Type
	program *expr.Program // nil: value
	value   expr.Value

	// The places of round_money(x, currency) are those of the document's currency. Nearly always they fit the target;
	// whether they do is checked on every record.
	checked bool
	places  int
}

func (o *operand) sources() []string {
	if o == nil || o.program == nil {
		return nil
	}
	return o.program.Sources()
}

func (o *operand) constant() (expr.Value, bool) {
	if o.program == nil {
		return o.value, true
	}
	return o.program.Constant()
}

func (o *operand) eval(f *expr.Frame) (expr.Value, error) {
	if o.program == nil {
		return o.value, nil
	}
	v, err := o.program.Eval(f)
	if err == nil && o.checked && v.Decimal().Scale() > o.places {
		err = sihe.Permanent(sihe.Errorf(sihe.CodeExprScale, "round to the currency: %s has more than the %d places of the target", v, o.places))
	}
	return v, err
}

// roundsMoney says whether a whole expression is one call of round_money.
func roundsMoney(text string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "round_money(")
	if !ok {
		return false
	}
	depth, quoted := 1, false
	for i, r := range rest {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth == 0 {
				return i == len(rest)-1
			}
		}
	}
	return false
}

// assigned compiles a scalar whose value must fit a target type.
func (c *compiler) assigned(n *strictyaml.Node, t *expr.Type, at *spot, b *building) (*operand, bool) {
	if n.Quoted() {
		return c.constant(n, t, at, b)
	}
	p, ok := c.expression(n, c.scope(b))
	if !ok {
		return nil, false
	}
	bad := t.Accepts(p.Type())
	if bad != nil && bad.Code == sihe.CodeExprScale && t.Money && roundsMoney(p.String()) {
		return &operand{typ: p.Type(), program: p, places: t.Scale, checked: true}, true
	}
	if bad != nil {
		n.ReportAt(0, bad.Code, bad.Suggestion, "%s: %s", at.path, bad.Message)
		return nil, false
	}
	return &operand{typ: p.Type(), program: p}, true
}

// constant compiles a quoted scalar. Dates and times are read from it, as the language has no other way to write them.
func (c *compiler) constant(n *strictyaml.Node, t *expr.Type, at *spot, b *building) (*operand, bool) {
	text := n.Literal()
	wrong := func(suggestion, format string, args ...any) (*operand, bool) {
		n.Report(sihe.CodeMappingType, suggestion, at.path+": "+format, args...)
		return nil, false
	}
	switch t.Kind {
	case expr.KindDate:
		d, err := expr.ParseDate(text)
		if err != nil {
			return wrong("", "a constant date is written like 2026-01-31, found %q", text)
		}
		return &operand{typ: t.OrNull(false), value: expr.DateValue(d)}, true
	case expr.KindTime:
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return wrong("", "a constant time is written like 2026-01-31T08:00:00+08:00, found %q", text)
		}
		return &operand{typ: t.OrNull(false), value: expr.TimeValue(when)}, true
	case expr.KindText:
	default:
		return wrong("remove the quotes", "quoted text is a constant text, the target needs %s", t)
	}
	typ := expr.EnumType(text)
	if bad := t.Accepts(typ); bad != nil {
		n.Report(bad.Code, bad.Suggestion, "%s: %s", at.path, bad.Message)
		return nil, false
	}
	if t.Enum == nil && c.looksComputed(text, b) {
		n.Warn(sihe.CodeMappingConstant, "remove the quotes if it is meant to be computed", "%s: %q is a constant, though it could be read as an expression", at.path, text)
	}
	return &operand{typ: typ, value: expr.TextValue(text)}, true
}

// looksComputed says whether a text would compile as an expression that uses a name of the source or of let.
func (c *compiler) looksComputed(text string, b *building) bool {
	p, problems := expr.Compile(text, c.scope(b))
	return len(problems) == 0 && len(p.Sources()) > 0
}
