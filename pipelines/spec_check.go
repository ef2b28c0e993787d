package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// check reads one check file.
func (r *reader) check(m *strictyaml.Map) *Check {
	c := &Check{Path: m.Node().Path(), Line: m.Node().Line(), Missing: MissingAlert}
	c.Name = r.name(m, "check")
	c.Label = label(m, c.Name)
	left, right := m.Need("left"), m.Need("right")
	c.Within = within(m.Need("within"), "within", minWait, maxWait)
	equal, missing := m.Take("equal"), m.Take("missing")
	if missing != nil {
		c.Missing, _ = missing.OneOf(MissingReplay, MissingPark, MissingAlert)
	}
	m.Done()
	c.Left, c.Right = r.side(left, true), r.side(right, false)
	if c.Left.Entity == nil || c.Right.Entity == nil {
		return c
	}
	c.equal(equal)
	if missing != nil && c.Missing == MissingReplay {
		r.replay(c, missing)
	}
	return c
}

// side reads {entity:, when:, by:}. On the left the document's own key is what the sides meet on, unless by: says
// otherwise; on the right by: is needed, and a document where it is null meets none.
func (r *reader) side(n *strictyaml.Node, left bool) Side {
	if n == nil {
		return Side{}
	}
	m, ok := n.Map()
	if !ok {
		return Side{}
	}
	s := Side{Entity: r.owned(m.Need("entity"))}
	when, by := m.Take("when"), m.Take("by")
	if by == nil && !left {
		m.Need("by")
	}
	m.Done()
	if s.Entity == nil {
		return s
	}
	s.When = condition(when, s.Entity.Type)
	text := (&expr.Type{Kind: expr.KindText}).OrNull(true)
	switch {
	case by != nil:
		s.By = program(by, "by", s.Entity.Type, text)
	case left:
		s.By, _ = expr.Compile("`"+s.Entity.Key+"`", &expr.Scope{Source: s.Entity.Type})
	}
	return s
}

// equal reads {left expression: right expression}.
func (c *Check) equal(n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, entry := range m.Entries() {
		p := Pair{
			Name: entry.Name, Left: program(entry.Key, "equal", c.Left.Entity.Type, nil), Right: program(entry.Value, "equal", c.Right.Entity.Type, nil),
		}
		if p.Left == nil || p.Right == nil {
			continue
		}
		if a, b := p.Left.Type(), p.Right.Type(); !comparableTypes(a, b) {
			entry.Value.ReportAt(0, sihe.CodeCheckField, "", "%s is %s, but %s is %s", p.Left, a, p.Right, b)
			continue
		}
		c.Equal = append(c.Equal, p)
	}
}

// comparableTypes says whether values of two types can be equal.
func comparableTypes(a, b *expr.Type) bool {
	number := func(t *expr.Type) bool { return t.Kind == expr.KindInt || t.Kind == expr.KindDecimal }
	switch {
	case a.Kind == expr.KindRecord || a.Kind == expr.KindList:
		return false
	case number(a) && number(b):
		return a.Currency == "" || b.Currency == "" || a.Currency == b.Currency
	}
	return a.Kind == b.Kind
}

// replay finds the pipelines that would have made the missing document.
func (r *reader) replay(c *Check, n *strictyaml.Node) {
	for _, p := range r.plan.Pipelines {
		if p.From == c.Left.Entity && p.Entity == c.Right.Entity && p.Do == sihe.DoCreate {
			c.Replay = append(c.Replay, p)
		}
	}
	if len(c.Replay) == 0 && !r.failed {
		n.Report(sihe.CodePipelineMapping, "write park or alert", "no pipeline creates %s from %s, so there is nothing to replay", c.Right.Entity.FullName(), c.Left.Entity.FullName())
	}
}
