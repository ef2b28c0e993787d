package mappings

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// A part makes rows of a target list: one, or one for each item of a source list.
type part struct {
	list  *expr.Program // nil: one row
	where *expr.Program // nil: all
	vars  int           // place of the loop variable; the index follows, or stands here when there is no loop
	row   *record       // nil: value is the row
	value *operand
	at    *spot
}

// list compiles a target list: one part, or a YAML list of parts.
func (c *compiler) list(entry strictyaml.Entry, slot int, b *building, at *spot) (step, bool) {
	t := b.typ.Fields[slot].Type
	nodes := []*strictyaml.Node{entry.Value}
	if entry.Value.IsList() {
		nodes, _ = entry.Value.List()
	} else if m, _ := entry.Value.Map(); m.Key("for") == nil {
		entry.Value.Report(sihe.CodeMappingLoop, "write `for: line in lines` and `fields:`, or rows that start with `- `", "%s is a list", at.path)
		return nil, false
	}
	if len(nodes) > maxParts {
		entry.Value.Report(sihe.CodeExprLimit, "use for:", "%s: has %d rows, %d are allowed", at.path, len(nodes), maxParts)
		return nil, false
	}
	parts := make([]*part, 0, len(nodes))
	all, sources := map[string][]string{}, []string(nil)
	var elem *expr.Type
	ok := true
	for _, n := range nodes {
		p, row, fine := c.part(n, t.Elem, b, at)
		if !fine {
			ok = false
			continue
		}
		parts = append(parts, p)
		sources = append(sources, append(sourcesOf(p.list), append(sourcesOf(p.where), p.value.sources()...)...)...)
		for path, s := range row.set {
			all[path] = distinct(append(all[path], s...))
		}
		elem = either(elem, row.out)
	}
	if elem == nil {
		elem = t.Elem
	}
	list := *t.OrNull(false)
	list.Elem = elem
	c.merge(b, entry.Name, slot, &list, all, distinct(sources))
	return doing(func(r *run, out []expr.Value) error {
		v, err := r.rows(parts)
		out[slot] = v
		return err
	}), ok
}

// either is what is known about a row that comes from one of two parts.
func either(a, b *expr.Type) *expr.Type {
	if a == nil || a.Kind != expr.KindRecord {
		return b
	}
	out := *a
	out.Fields = slices.Clone(a.Fields)
	for i := range out.Fields {
		x, y := a.Fields[i].Type, b.Fields[i].Type
		out.Fields[i].Type = x.OrNull(x.Nullable || y.Nullable)
	}
	return &out
}

// part compiles one row, or `for` with `where` and `fields` (or `value` where the items are no records).
func (c *compiler) part(n *strictyaml.Node, elem *expr.Type, outer *building, at *spot) (*part, *building, bool) {
	row := &building{typ: elem, path: at.path + ".", out: elem, set: map[string][]string{}, outer: outer}
	p := &part{at: at, vars: len(c.vars)}
	saved := c.vars
	defer func() { c.vars = saved }()
	if n.IsScalar() && elem.Kind != expr.KindRecord {
		var ok bool
		p.value, ok = c.assigned(n, elem, at, outer)
		return p, row, ok
	}
	m, ok := n.Map()
	if !ok {
		return nil, nil, false
	}
	fields := n
	if wrapped(m, elem) {
		if fields, ok = c.loop(m, p, elem, outer, at); !ok {
			return nil, nil, false
		}
	} else {
		c.bind(expr.Var{Name: "index", Type: &expr.Type{Kind: expr.KindInt}})
	}
	if p.value != nil {
		return p, row, true
	}
	p.row = c.record(fields, row)
	c.missing(fields, row)
	for i, f := range row.typ.Fields { // what a row does not set is null in it
		if _, set := row.set[f.Name]; !set {
			row.out = withField(row.out, i, f.Type.OrNull(true))
		}
	}
	return p, row, true
}

func withField(t *expr.Type, i int, field *expr.Type) *expr.Type {
	out := *t
	out.Fields = slices.Clone(t.Fields)
	out.Fields[i].Type = field
	return &out
}

// wrapped says whether a row is written with fields: or for:, not directly.
func wrapped(m *strictyaml.Map, elem *expr.Type) bool {
	if elem.Kind != expr.KindRecord {
		return true
	}
	for _, key := range []string{"fields", "for"} {
		if _, own := elem.Slot(key); !own && m.Key(key) != nil {
			return true
		}
	}
	return false
}

// loop reads for:, where:, when: and returns the node of the fields.
func (c *compiler) loop(m *strictyaml.Map, p *part, elem *expr.Type, outer *building, at *spot) (fields *strictyaml.Node, ok bool) {
	ok = true
	index := expr.Var{Name: "index", Type: &expr.Type{Kind: expr.KindInt}}
	if n := m.Take("for"); n == nil {
		c.bind(index)
	} else if v, fine := c.forEach(n, p, outer); fine {
		c.bind(v, index)
	} else {
		ok = false
	}
	where, when := m.Take("where"), m.Take("when")
	if where != nil && p.list == nil && ok {
		where.Report(sihe.CodeMappingLoop, "write when:", "%s: where: belongs to for:", at.path)
		ok = false
	}
	if where == nil {
		where = when
	} else if when != nil {
		when.Report(sihe.CodeMappingLoop, "join them with &&", "%s: where: and when: mean the same here", at.path)
		ok = false
	}
	if where != nil && ok {
		p.where, ok = c.condition(where, "where", c.scope(outer))
	}
	if elem.Kind != expr.KindRecord {
		n := m.Need("value")
		m.Done()
		if n == nil || !ok {
			return nil, false
		}
		p.value, ok = c.assigned(n, elem, at, outer)
		return nil, ok
	}
	fields = m.Need("fields")
	m.Done()
	if fields == nil {
		return nil, false
	}
	if !ok { // the fields cannot be checked without the loop variable, but their names can
		return nil, false
	}
	return fields, true
}

// forEach reads `line in lines`.
func (c *compiler) forEach(n *strictyaml.Node, p *part, outer *building) (v expr.Var, ok bool) {
	text, ok := n.Text()
	if !ok {
		return v, false
	}
	name, list, found := strings.Cut(text, " in ")
	v.Name = strings.TrimSpace(name)
	if !found || !c.name(n, v.Name, "a loop variable") {
		if !found {
			n.ReportAt(0, sihe.CodeMappingLoop, "write `for: line in lines`", "for: needs a name and a list, found %q", text)
		}
		return v, false
	}
	offset := utf8.RuneCountInString(name) + len(" in ")
	program, ok := c.program(n, list, offset, c.scope(outer))
	if !ok {
		return v, false
	}
	t := program.Type()
	if t.Kind != expr.KindList {
		n.ReportAt(offset, sihe.CodeMappingLoop, "", "for: needs a list, found %s", t)
		return v, false
	}
	p.list = program
	v.Type, v.Sources, v.Path = t.Elem, program.Sources(), c.sourcePath(list)
	return v, true
}
