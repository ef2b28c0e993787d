package pipelines

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// Files are what a hub works by, or would work by.
type Files struct {
	Catalog *canonical.Catalog
	Plan    *Plan
}

// A Comparison finds out what other files would make of events that have been. It runs on:, when:, key:, map: and the gate
// of the files as they are and of those to come, side by side. It asks nobody and sends nothing. Cross-references give the
// canonical key, on both sides. It is not safe for concurrent use.
type Comparison struct {
	now, next Files
	all       map[string][2]*Pipeline
	from      map[string][]string // names of pipelines by the entity that they listen to
	last      map[string]int      // of what sets absolute values: its place in changes, by pipeline and document
	changes   []*DocumentChange
	result    Comparing
}

// Comparing is what a Comparison found.
type Comparing struct {
	Events    int               `json:"events"` // compared
	Trials    int               `json:"trials"` // an event in a pipeline that listens to its entity
	Begun     []string          `json:"pipelines_begun,omitempty"`
	Ended     []string          `json:"pipelines_ended,omitempty"`
	Documents []*DocumentChange `json:"documents"`
	Amounts   []AmountTotal     `json:"amounts"`
	Coverage  []Coverage        `json:"coverage"`
}

// Changes says whether anything would change.
func (c Comparing) Changes() bool { return len(c.Documents)+len(c.Begun)+len(c.Ended) > 0 }

// A DocumentChange is one document that would be written otherwise.
type DocumentChange struct {
	Pipeline string        `json:"pipeline"`
	Entity   string        `json:"entity"` // of the event
	Subject  string        `json:"subject"`
	Event    string        `json:"event"`  // its id
	Name     string        `json:"name"`   // what happened
	To       string        `json:"to"`     // what is written
	Before   string        `json:"before"` // "written", "filtered", "refused" with a code, or "no pipeline"
	After    string        `json:"after"`
	Fields   []FieldChange `json:"fields,omitempty"`
	Amounts  []AmountMove  `json:"amounts,omitempty"`
}

// A FieldChange is one value that would be another; "" stands for one that is not written.
type FieldChange struct {
	Path   string `json:"path"` // "lines[0].unit_price"; "key", "do" and "to" begin with a colon
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// An AmountMove is one amount of a document that would be another, formulas of the target included.
type AmountMove struct {
	Field    string       `json:"field"`
	Currency string       `json:"currency,omitempty"`
	Before   sihe.Decimal `json:"before"`
	After    sihe.Decimal `json:"after"`
}

// An AmountTotal is the net effect on one amount of an entity, in one currency.
type AmountTotal struct {
	To        string       `json:"to"`
	Field     string       `json:"field"`
	Currency  string       `json:"currency,omitempty"`
	Documents int          `json:"documents"`
	Before    sihe.Decimal `json:"before"`
	After     sihe.Decimal `json:"after"`
	Net       sihe.Decimal `json:"net"`
}

// A Coverage says which examples of a mapping look at a field that would change.
type Coverage struct {
	Mapping  string   `json:"mapping"`
	Field    string   `json:"field"`
	Examples []string `json:"examples"`
}

// NewComparison begins one.
func NewComparison(now, next Files) *Comparison {
	c := &Comparison{now: now, next: next, all: map[string][2]*Pipeline{}, from: map[string][]string{}, last: map[string]int{}}
	for i, p := range []*Plan{now.Plan, next.Plan} {
		for _, x := range p.Pipelines {
			pair := c.all[x.Name]
			pair[i] = x
			c.all[x.Name] = pair
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.all)) {
		pair := c.all[name]
		switch {
		case pair[0] == nil:
			c.result.Begun = append(c.result.Begun, name)
		case pair[1] == nil:
			c.result.Ended = append(c.result.Ended, name)
		}
		for _, p := range pair {
			if p != nil && !slices.Contains(c.from[p.From.FullName()], name) {
				c.from[p.From.FullName()] = append(c.from[p.From.FullName()], name)
			}
		}
	}
	return c
}

// Entities lists the entities whose events are worth while, sorted.
func (c *Comparison) Entities() []string { return slices.Sorted(maps.Keys(c.from)) }

// Add compares one event in all pipelines that listen to its entity. Events of one subject must come in their order.
func (c *Comparison) Add(e sihe.Event) {
	c.result.Events++
	for _, name := range c.from[e.Entity()] {
		c.result.Trials++
		pair := c.all[name]
		before, after := try(pair[0], c.now.Catalog, e), try(pair[1], c.next.Catalog, e)
		c.note(name, e, before, after)
	}
}

// A side is what one version of a pipeline makes of an event.
type side struct {
	pipeline *Pipeline
	outcome  string
	write    sihe.Write
	fields   map[string]string // what is written, by path
	amounts  map[string]AmountMove
}

// Outcomes of a trial, for people.
const (
	outcomeNone     = "no pipeline"
	outcomeWritten  = "written"
	outcomeFiltered = "filtered"
	outcomeRefused  = "refused"
)

func try(p *Pipeline, c *canonical.Catalog, e sihe.Event) side {
	s := side{pipeline: p, outcome: outcomeNone, fields: map[string]string{}, amounts: map[string]AmountMove{}}
	if p == nil || p.From.FullName() != e.Entity() {
		return s
	}
	t, err := p.Try(c, storedWorld{e.Time}, e)
	switch {
	case err != nil:
		s.outcome = outcomeRefused + " " + string(sihe.CodeOf(err))
		return s
	case t.Filtered != "":
		s.outcome = outcomeFiltered
		return s
	}
	s.outcome, s.write = outcomeWritten, t.Write
	s.fields[":to"], s.fields[":do"] = t.Write.Entity, t.Write.Do
	if t.Write.Key != "" {
		s.fields[":key"] = t.Write.Key
	}
	flatten(s.fields, "", t.Write.Data)
	flatten(s.fields, ":match", t.Write.Match)
	s.amounts = amountsOf(p, t.Write, storedWorld{e.Time})
	return s
}

// storedWorld answers for an event that has been: references keep their canonical keys.
type storedWorld struct{ at time.Time }

func (storedWorld) XRef(_, key string) (string, bool, error) { return key, true, nil }
func (w storedWorld) EventTime() time.Time                   { return w.at }

// flatten writes the values of a JSON object by path.
func flatten(into map[string]string, path string, data []byte) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) == nil {
		flattenValue(into, path, v)
	}
}

func flattenValue(into map[string]string, path string, v any) {
	switch x := v.(type) {
	case nil:
	case map[string]any:
		for name, value := range x {
			flattenValue(into, strings.TrimPrefix(path+"."+name, "."), value)
		}
	case []any:
		for i, value := range x {
			flattenValue(into, path+"["+strconv.Itoa(i)+"]", value)
		}
	case string:
		into[path] = x
	default:
		raw, _ := json.Marshal(x) // it came from JSON
		into[path] = string(raw)
	}
}

// amountsOf returns the money fields at the top of what is written. Of a document that is made, or copied as a whole, the
// target computes its formulas; so are they here.
func amountsOf(p *Pipeline, w sihe.Write, world expr.World) map[string]AmountMove {
	all := map[string]AmountMove{}
	v, _, err := canonical.DecodePartial(p.Entity.Type, w.Data)
	if err != nil {
		return all
	}
	if w.Do == sihe.DoCreate {
		if computed, err := p.Entity.Compute(v, world); err == nil {
			v = computed
		}
	}
	for _, f := range p.Entity.Fields {
		if f.Kind != canonical.KindMoney || v.Slot(f.Slot()).IsNull() {
			continue
		}
		currency := f.Type.Currency
		if c, ok := p.Entity.Field(p.Entity.CurrencyField()); ok && currency == "" {
			currency = v.Slot(c.Slot()).Text()
		}
		all[f.Name] = AmountMove{Field: f.Name, Currency: currency, After: v.Slot(f.Slot()).Decimal()}
	}
	return all
}

// note keeps the difference, if there is one. What sets absolute values counts as its last event leaves it.
func (c *Comparison) note(name string, e sihe.Event, before, after side) {
	var change *DocumentChange
	if fields := changedFields(before, after); before.outcome != after.outcome || len(fields) > 0 {
		change = &DocumentChange{
			Pipeline: name, Entity: e.Entity(), Subject: e.Subject, Event: e.ID, Name: e.Name(), To: after.write.Entity,
			Before: before.outcome, After: after.outcome, Fields: fields, Amounts: moved(before, after),
		}
		def(&change.To, before.write.Entity)
	}
	if before.outcome != outcomeWritten && after.outcome != outcomeWritten && change == nil {
		return
	}
	w := after.write
	if after.outcome != outcomeWritten {
		w = before.write
	}
	if !absolute(w.Do) {
		if change != nil {
			c.changes = append(c.changes, change)
		}
		return
	}
	document := name + "\x00" + w.Entity + "\x00" + w.Key
	if i, ok := c.last[document]; ok {
		c.changes[i] = change
		return
	}
	c.last[document] = len(c.changes)
	c.changes = append(c.changes, change)
}

func changedFields(before, after side) (all []FieldChange) {
	if before.outcome != outcomeWritten || after.outcome != outcomeWritten {
		return nil
	}
	for path, was := range before.fields {
		if is := after.fields[path]; is != was {
			all = append(all, FieldChange{path, was, is})
		}
	}
	for path, is := range after.fields {
		if _, ok := before.fields[path]; !ok {
			all = append(all, FieldChange{Path: path, After: is})
		}
	}
	slices.SortFunc(all, func(a, b FieldChange) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

func moved(before, after side) (all []AmountMove) {
	for _, name := range slices.Sorted(maps.Keys(before.amounts)) {
		was, is := before.amounts[name], after.amounts[name]
		if was.Currency != is.Currency { // two moves: out of the one, into the other
			all = append(all, AmountMove{Field: name, Currency: was.Currency, Before: was.After})
			if is.Field != "" {
				all = append(all, is)
			}
			continue
		}
		if was.After.Cmp(is.After) != 0 {
			all = append(all, AmountMove{Field: name, Currency: was.Currency, Before: was.After, After: is.After})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.amounts)) {
		if _, ok := before.amounts[name]; !ok {
			all = append(all, after.amounts[name])
		}
	}
	return slices.DeleteFunc(all, func(m AmountMove) bool { return m.Before.Cmp(m.After) == 0 })
}
