package pipelines

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// check reads one check file.
func (r *reader) check(m *strictyaml.Map) *Check {
	c := &Check{Path: m.Node().Path(), Line: m.Node().Line(), Missing: MissingAlert, Different: DifferentAlert, Extra: ExtraIgnore}
	c.Name = r.name(m, "check")
	c.Label = label(m, c.Name)
	left, right := m.Need("left"), m.Need("right")
	c.Within = within(m.Need("within"), "within", minWait, maxWait)
	equal, missing, different, extra := m.Take("equal"), m.Take("missing"), m.Take("different"), m.Take("extra")
	if missing != nil {
		c.Missing, _ = missing.OneOf(MissingReplay, MissingPark, MissingAlert)
	}
	c.rhythm(m)
	m.Done()
	c.Left, c.Right = r.side(left, true), r.side(right, false)
	c.places = sidePlaces(m, left, right)
	if c.Left.Entity == nil || c.Right.Entity == nil {
		return c
	}
	c.equal(equal)
	r.repairs(c, missing, different)
	c.extras(extra)
	return c
}

// rhythm reads when the check runs: every: or schedule:, never both.
func (c *Check) rhythm(m *strictyaml.Map) {
	every, schedule := m.Take("every"), m.Take("schedule")
	if every != nil {
		c.Every = within(every, "every", minEvery, maxWait)
	}
	if schedule == nil {
		return
	}
	line, ok := schedule.Text()
	if !ok {
		return
	}
	s, err := cron.ParseStandard(line)
	switch {
	case err != nil || strings.HasPrefix(line, "@") || strings.Contains(line, "TZ="):
		schedule.Report(sihe.CodeScheduleSyntax, "write five fields: minute hour day month weekday, e.g. 0 6 * * 1-5", "%q is not a schedule", line)
	case every != nil:
		schedule.Report(sihe.CodeYAMLValue, "write one of them", "every and schedule exclude each other")
	}
	c.Schedule = s
}

// minEvery is the shortest time between two runs of a check.
const minEvery = 10 * time.Second

// extras reads which right documents are too many. Without the key those are that refer to a left document by a field
// made for it: they say themselves where they come from.
func (c *Check) extras(n *strictyaml.Node) {
	if n != nil {
		c.Extra, _ = n.OneOf(ExtraIgnore, ExtraOrphan, ExtraDouble, ExtraAny)
		return
	}
	if c.Right.By == nil || !c.Left.keyed() {
		return
	}
	if f, ok := c.Right.Entity.Field(strings.Trim(c.Right.By.String(), "`")); ok && f.Kind == canonical.KindRef && f.Ref == c.Left.Entity.FullName() {
		c.Extra = ExtraOrphan
	}
}

// keyed says whether the documents of a side meet others on their own key.
func (s Side) keyed() bool { return s.By != nil && strings.Trim(s.By.String(), "`") == s.Entity.Key }

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

// sidePlaces notes where the sides and their keys stand.
func sidePlaces(m *strictyaml.Map, left, right *strictyaml.Node) places {
	p := places{}
	p.keys(m, "", "left", "right")
	for name, n := range map[string]*strictyaml.Node{"left": left, "right": right} {
		if n != nil && n.IsMap() {
			side, _ := n.Map()
			p.keys(side, name+".", "when", "by")
		}
	}
	return p
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
	c.places.keys(m, "equal.", m.Names()...)
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

// repairs finds the pipelines that would have made the missing document, and those that would have written the values.
// What they write is the owner's: the compiler has let them through (invariant 5).
func (r *reader) repairs(c *Check, missing, different *strictyaml.Node) {
	for _, p := range r.plan.Pipelines {
		switch {
		case p.From != c.Left.Entity || p.Entity != c.Right.Entity:
		case p.Do == sihe.DoCreate:
			c.Replay = append(c.Replay, p)
		case absolute(p.Do):
			c.Resend = append(c.Resend, p)
		}
	}
	if (c.Missing == MissingReplay || c.Missing == MissingPark) && len(c.Replay) == 0 && !r.failed {
		missing.Report(sihe.CodePipelineMapping, "write alert", "no pipeline creates %s from %s, so there is nothing to %s", c.Right.Entity.FullName(), c.Left.Entity.FullName(), c.Missing)
	}
	if len(c.Resend) > 0 {
		c.Different = DifferentWriteBack
	}
	if different == nil {
		return
	}
	c.Different, _ = different.OneOf(DifferentWriteBack, DifferentAlert)
	if c.Different == DifferentWriteBack && len(c.Resend) == 0 && !r.failed {
		different.Report(sihe.CodePipelineMapping, "write alert", "no pipeline writes values of %s into %s, so there is nothing to send again", c.Left.Entity.FullName(), c.Right.Entity.FullName())
	}
}
