package mappings

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// value compiles what stands behind one key of fields: an expression, a constant, a record or a list.
func (c *compiler) value(entry strictyaml.Entry, slot int, b *building) (step, bool) {
	t := c.wanted(b, slot)
	at := &spot{m: c.m, path: b.path + entry.Name, name: entry.Name, place: placeOf(entry.Key)}
	n := entry.Value
	switch {
	case !n.IsScalar() && !n.IsMap() && !n.IsList():
		return nil, false // has been reported
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
	inner := &building{typ: t, path: at.path + ".", out: t, set: map[string][]string{}, outer: b}
	r := c.record(fields, inner)
	c.missing(fields, inner)
	c.merge(b, entry.Name, slot, inner.out.OrNull(when != nil), inner.set, sourcesOf(when))
	return guarded(when, at, doing(func(run *run, out []expr.Value) error {
		v, err := r.fill(run)
		out[slot] = v
		return err
	})), true
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
