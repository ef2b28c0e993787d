package mappings

import (
	"maps"
	"slices"
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

// value compiles what stands behind one key of fields: an expression, a constant, a record or a list.
func (c *compiler) value(entry strictyaml.Entry, slot int, b *building) (step, bool) {
	t := c.wanted(b, slot)
	at := &spot{m: c.m, path: b.path + entry.Name, name: entry.Name, place: placeOf(entry.Key)}
	n := entry.Value
	switch {
	case n.IsScalar() && n.Literal() == "" && !n.Quoted():
		n.Report(sihe.CodeYAMLValue, "write null to clear the field", "%s has no value", at.path)
		return nil, false
	case n.IsScalar():
		p, ok := c.assigned(n, t, at, b)
		if !ok {
			return nil, false
		}
		c.done(b, entry.Name, slot, p.typ, p.sources())
		if v, always := p.constant(); always && b.outer == nil {
			c.m.constants[entry.Name] = v
		}
		return assign(slot, p, at), true
	case t.Kind == expr.KindRecord && n.IsMap():
		return c.nested(entry, slot, b, at)
	case t.Kind == expr.KindList:
		return c.list(entry, slot, b, at)
	case n.IsMap():
		return c.detailed(entry, slot, b, at)
	}
	n.Report(sihe.CodeMappingType, "", "%s is %s, so it takes one value", at.path, t)
	return nil, false
}

// wanted is the type of a target field, with the currency that the file gives its record.
func (c *compiler) wanted(b *building, slot int) *expr.Type {
	t := b.typ.Fields[slot].Type
	if t.Money && t.Currency == "" && b.code != "" {
		money := *t
		money.Currency = b.code
		return &money
	}
	return t
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

// nested compiles a record: its fields directly, or fields: with when: beside it.
func (c *compiler) nested(entry strictyaml.Entry, slot int, b *building, at *spot) (step, bool) {
	t := b.typ.Fields[slot].Type
	fields, when, ok := c.unwrapped(entry.Value, t, b)
	if !ok {
		return nil, false
	}
	if when != nil && !t.Nullable {
		entry.Key.Report(sihe.CodeExprNull, "remove when:", "%s: without when: there would be no value, the target needs %s", at.path, t)
	}
	inner := &building{typ: t, path: at.path + ".", out: t, set: map[string][]string{}, outer: b, prefix: entry.Name + "."}
	r := c.record(fields, inner)
	c.missing(fields, inner)
	c.merge(b, entry.Name, slot, inner.out.OrNull(when != nil), inner.set, sourcesOf(when))
	return guarded(when, at, func(run *run, out []expr.Value) error {
		v, err := r.fill(run)
		out[slot] = v
		return err
	}), true
}

// unwrapped takes {when:, fields:} apart. A record that has a field called fields is always written directly.
func (c *compiler) unwrapped(n *strictyaml.Node, t *expr.Type, b *building) (fields *strictyaml.Node, when *expr.Program, ok bool) {
	m, isMap := n.Map()
	if !isMap {
		return nil, nil, false
	}
	if _, own := t.Slot("fields"); own || m.Key("fields") == nil {
		return n, nil, true
	}
	fields = m.Take("fields")
	ok = true
	if w := m.Take("when"); w != nil {
		when, ok = c.condition(w, "when", c.scope(b))
	}
	m.Done()
	return fields, when, ok
}

// detailed compiles {value:, on_missing:, default:, when:}.
func (c *compiler) detailed(entry strictyaml.Entry, slot int, b *building, at *spot) (step, bool) {
	m, _ := entry.Value.Map()
	t := c.wanted(b, slot)
	valueNode, missing, preset, whenNode := m.Need("value"), m.Take("on_missing"), m.Take("default"), m.Take("when")
	m.Done()
	if valueNode == nil {
		return nil, false
	}
	p, ok := c.assigned(valueNode, t, at, b)
	if !ok {
		return nil, false
	}
	typ, sources := p.typ, slices.Clone(p.sources())
	set, ok := c.onMissing(valueNode, missing, preset, assign(slot, p, at), slot, t, at, b)
	if !ok {
		return nil, false
	}
	var when *expr.Program
	if whenNode != nil {
		if when, ok = c.condition(whenNode, "when", c.scope(b)); !ok {
			return nil, false
		}
		if !t.Nullable {
			whenNode.ReportAt(0, sihe.CodeExprNull, "write if(condition, value, other)", "%s: where when: is false there would be no value, the target needs %s", at.path, t)
			return nil, false
		}
		typ = typ.OrNull(true)
	}
	if preset != nil {
		typ = typ.OrNull(t.Nullable)
	}
	c.done(b, entry.Name, slot, typ, append(sources, sourcesOf(when)...))
	return guarded(when, at, set), true
}

// onMissing compiles what happens when a cross-reference is not known.
func (c *compiler) onMissing(value, missing, preset *strictyaml.Node, set step, slot int, t *expr.Type, at *spot, b *building) (step, bool) {
	if missing == nil {
		if preset != nil {
			preset.Report(sihe.CodeMappingMissing, "add on_missing: default", "%s: default: belongs to on_missing: default", at.path)
		}
		return set, preset == nil
	}
	how, ok := missing.OneOf("park", "fail", "default")
	if !ok {
		return nil, false
	}
	if value.Quoted() || !strings.Contains(value.Literal(), "xref") {
		missing.Report(sihe.CodeMappingMissing, "", "%s: on_missing belongs beside an xref(…)", at.path)
		return nil, false
	}
	if (how == "default") != (preset != nil) {
		missing.Report(sihe.CodeMappingMissing, "write {value: …, on_missing: default, default: …}", "%s: on_missing: default and default: come together", at.path)
		return nil, false
	}
	switch how {
	case "fail":
		return failing(set), true
	case "default":
		p, ok := c.assigned(preset, t, at, b)
		if !ok {
			return nil, false
		}
		return defaulting(set, assign(slot, p, at)), true
	}
	return set, true
}

// done notes that a field is set, by a value of a type and fed by source paths.
func (c *compiler) done(b *building, name string, slot int, typ *expr.Type, sources []string) {
	c.merge(b, name, slot, b.typ.Fields[slot].Type.OrNull(typ.Nullable), nil, sources)
}

// merge notes that a field is set and what is known about it and about what is below it.
func (c *compiler) merge(b *building, name string, slot int, typ *expr.Type, below map[string][]string, sources []string) {
	all := slices.Clone(sources)
	for path, s := range below {
		b.set[name+"."+path] = distinct(append(slices.Clone(s), sources...))
		all = append(all, s...)
		c.m.lineage[b.path+name+"."+path] = b.set[name+"."+path]
	}
	b.set[name] = distinct(all)
	c.m.lineage[b.path+name] = b.set[name]
	out := *b.out
	out.Fields = slices.Clone(out.Fields)
	out.Fields[slot].Type = typ
	b.out = &out
}

func distinct(s []string) []string {
	set := map[string]bool{}
	for _, x := range s {
		set[x] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func sourcesOf(p *expr.Program) []string {
	if p == nil {
		return nil
	}
	return p.Sources()
}
