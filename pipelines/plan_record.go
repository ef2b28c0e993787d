package pipelines

import (
	"cmp"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/pipelines/store"
)

// Outcomes of a record, for people.
const (
	outcomePublished = "published"
	outcomeUnchanged = "unchanged" // it says nothing new
	outcomeUnmapped  = "not mapped"
	outcomeNoSystem  = "no system"
)

// A saying is what one version of the files makes of a record.
type saying struct {
	fact
	ok      bool // there is a fact
	outcome string
	mapping *mappings.Mapping
	name    string // what happened, if the record says it
	state   string // of the document
	before  said   // of the document
	again   bool   // it says nothing new
}

// said is what was last stated of a document.
type said struct{ digest, state string }

// AddRecord compares one stored record of a system: decoded, mapped and validated as the normaliser does it. Records of one
// document must come in their order, and before all events. What a person has discarded, what came before, and what was
// older than the document already makes no difference.
func (c *Comparison) AddRecord(system string, r StoredRecord) {
	c.result.Records++
	stale := r.State == store.Unchanged && r.Code == sihe.CodeStale
	if r.Canonical || r.Duplicate || stale || r.State == store.Rejected || c.seen[system+"\x00"+r.ID] {
		return
	}
	c.seen[system+"\x00"+r.ID] = true
	pair := c.origins[system]
	x := &restated{system: system, record: r.Record}
	x.was, x.is = c.say(0, pair[0], r), c.say(1, pair[1], renamed(pair, r))
	var d *DocumentChange
	if !x.same() {
		d = differ(x.was.side(), x.is.side())
	}
	document := system + "/" + r.Entity + "\x00" + cmp.Or(r.Key, r.ID)
	if s := x.decisive(); s.ok {
		document = s.document()
	}
	if d != nil {
		d.Pipeline, d.Entity, d.Subject, d.Record = normaliserPrefix+system, system+"/"+r.Entity, cmp.Or(r.Key, r.ID), r.ID
	}
	c.stated.keepLast(document, d)
	c.pending.add(x, d != nil)
}

// renamed gives a record the name that its kind will have, where that is about to change.
func renamed(pair [2]*Origin, r StoredRecord) StoredRecord {
	if pair[0] == nil || pair[1] == nil {
		return r
	}
	now, known := pair[0].Kinds[r.Entity]
	next, stays := pair[1].Kinds[r.Entity]
	if known && stays && now.Name != next.Name {
		r.Name = next.Name
	}
	return r
}

// say maps a record by the files of one side, and finds out whether it says anything new there. What has been is known for
// the old side: r tells what became of the record.
func (c *Comparison) say(side int, o *Origin, r StoredRecord) saying {
	s := saying{outcome: outcomeNoSystem}
	if o == nil {
		return s
	}
	kind, ok := o.Kinds[r.Entity]
	if !ok || kind.Map == nil {
		s.outcome = outcomeUnmapped
		return s
	}
	s.mapping, s.name = kind.Map, r.Name
	var err error
	if s.fact, err = o.try([]Files{c.now, c.next}[side].Catalog, kind.Map, r.Record); err != nil {
		s.outcome = outcomeRefused + " " + string(sihe.CodeOf(err))
		return s
	}
	s.ok, s.outcome, s.state = true, outcomePublished, stateOf(s.entity, s.value)
	last, known := c.said[side][s.document()]
	s.before, s.again = last, known && last.digest == s.digest
	switch {
	case r.State == store.Unchanged && (side == 0 || !known):
		s.again = true
	case r.State == store.Delivered && side == 0:
		s.again = false
	}
	if s.again {
		s.outcome = outcomeUnchanged
	}
	c.said[side][s.document()] = said{s.digest, s.state}
	return s
}

// try is fact, outliving a panic as the normaliser does.
func (o Origin) try(c *canonical.Catalog, m *mappings.Mapping, r sihe.Record) (f fact, err error) {
	defer caught(&err)
	return o.fact(c, m, storedWorld{r.Time}, r)
}

// document names what the record is about, on one side.
func (s saying) document() string { return s.entity.FullName() + "\x00" + s.subject }

// side shows the saying as something that is written.
func (s saying) side() side {
	x := side{outcome: s.outcome, mapping: s.mapping}
	if !s.ok {
		return x
	}
	x.write = sihe.Write{Entity: s.entity.FullName(), Do: sihe.DoCopy, Key: s.subject}
	x.fields = map[string]string{":to": x.write.Entity, ":key": s.subject, ":name": s.name}
	flatten(x.fields, "", canonical.Encode(s.entity.Type, s.value, canonical.Style{}))
	x.amounts = amountsOf(s.entity, s.value)
	return x
}
