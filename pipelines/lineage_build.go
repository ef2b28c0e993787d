package pipelines

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
)

// A lineageBuilder collects links.
type lineageBuilder struct{ links []Link }

func (b *lineageBuilder) add(from, to string, use Use, name string, at mappings.Place) {
	b.links = append(b.links, Link{From: from, To: to, Use: use, Name: name, Path: at.Path, Line: at.Line, Column: at.Column})
}

// expression adds a link for every field that an expression over a record names.
func (b *lineageBuilder) expression(p *expr.Program, of, to string, use Use, name string, at mappings.Place) {
	if p == nil {
		return
	}
	for _, s := range p.Sources() {
		b.add(of+"."+s, to, use, name, at)
	}
}

// entity adds what the entity's own file says about its fields.
func (b *lineageBuilder) entity(e *canonical.Entity) {
	full := e.FullName()
	at := mappings.Place{Path: e.Path, Line: e.Line}
	b.fields(e, e.Fields)
	for _, s := range e.States {
		for _, a := range s.Actions {
			place := mappings.Place{Path: e.Path, Line: a.Line}
			b.expression(a.When, full, "action "+full+"."+a.Name, UseGuard, a.Name, place)
			for _, f := range a.With {
				b.add(full+"."+f, "action "+full+"."+a.Name, UseAction, a.Name, place)
			}
		}
	}
	if e.Number != nil {
		for _, f := range e.Number.Fields {
			b.add(full+"."+f, full+"."+e.Key, UseNumber, "", at)
		}
	}
	for _, set := range e.Unique {
		for _, f := range set {
			b.add(full+"."+f, "unique "+full+" "+strings.Join(set, ", "), UseUnique, "", at)
		}
	}
	if _, ok := e.Field(e.Chain); ok {
		b.add(full+"."+e.Chain, "chain of "+full, UseChain, "", at)
	}
}

func (b *lineageBuilder) fields(e *canonical.Entity, fields []*canonical.Field) {
	full := e.FullName()
	for _, f := range fields {
		at := mappings.Place{Path: f.Origin, Line: f.Line, Column: f.Column}
		b.expression(f.Formula, full, full+"."+f.Path, UseFormula, "", at)
		b.expression(f.Default, full, full+"."+f.Path, UseDefault, "", at)
		for _, path := range f.Of {
			for _, x := range leaves(e, path) {
				b.add(full+"."+x, full+"."+f.Path, UseHash, "", at)
			}
		}
		b.fields(e, f.Fields)
	}
}

// leaves returns a field, or what is in it when it is a list or record.
func leaves(e *canonical.Entity, path string) []string {
	f, ok := e.Field(path)
	if !ok || len(f.Fields) == 0 {
		return []string{path}
	}
	var all []string
	for _, x := range f.Fields {
		all = append(all, leaves(e, x.Path)...)
	}
	return all
}

// pipeline adds what a pipeline carries from field to field and what it decides by.
func (b *lineageBuilder) pipeline(p *Pipeline) {
	full, what := p.From.FullName(), "pipeline "+p.Name
	at := mappings.Place{Path: p.Path, Line: p.Line}
	b.expression(p.When, full, what, UseWhen, p.Name, p.places.of("when", at))
	b.expression(p.Key, full, what, UseKey, p.Name, p.places.of("key", at))
	b.expression(p.Version, full, what, UseVersion, p.Name, p.places.of("version", at))
	for _, n := range p.Needs {
		b.add(full+"."+n.Field, what, UseNeeds, p.Name, p.places.of("needs."+n.Field, at))
	}
	switch {
	case p.Map != nil:
		b.mapping(p.Map, p.Name)
	case p.Do == sihe.DoCopy:
		at = p.places.of("do", at)
		for _, f := range p.From.Fields {
			for _, path := range leaves(p.From, f.Path) {
				b.add(full+"."+path, p.To.FullName()+"."+path, UseCopy, p.Name, at)
			}
		}
	}
}

// mapping adds what feeds each target field. A list or record of the target stands there only for what feeds it as a
// whole: the list that is gone through, its condition.
func (b *lineageBuilder) mapping(m *mappings.Mapping, name string) {
	lineage := m.Lineage()
	for target, sources := range lineage {
		var below []string
		for other, s := range lineage {
			if strings.HasPrefix(other, target+".") {
				below = append(below, s...)
			}
		}
		for _, s := range sources {
			if !slices.Contains(below, s) {
				b.add(m.From+"."+s, m.To+"."+target, UseMapping, name, m.Place(target))
			}
		}
	}
}

func (b *lineageBuilder) check(c *Check) {
	at, what := mappings.Place{Path: c.Path, Line: c.Line}, "check "+c.Name
	for i, s := range []Side{c.Left, c.Right} {
		name := []string{"left", "right"}[i]
		side := c.places.of(name, at)
		b.expression(s.When, s.Entity.FullName(), what, UseWhen, c.Name, c.places.of(name+".when", side))
		b.expression(s.By, s.Entity.FullName(), what, UseCheck, c.Name, c.places.of(name+".by", side))
	}
	for _, p := range c.Equal {
		at := c.places.of("equal."+p.Name, at)
		b.expression(p.Left, c.Left.Entity.FullName(), what, UseCheck, c.Name, at)
		b.expression(p.Right, c.Right.Entity.FullName(), what, UseCheck, c.Name, at)
	}
}
