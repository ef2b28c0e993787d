package pipelines

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// A restated is a record with what both sides make of it, until its event comes.
type restated struct {
	system  string
	record  sihe.Record
	was, is saying
	stored  *sihe.Event // that was published of it

	event    string // the id of that
	document string // that it is about
	plain    bool   // both sides make the same of it
}

// same says without a closer look that both sides come to the same.
func (r *restated) same() bool {
	a, b := r.was, r.is
	return a.ok && b.ok && a.digest == b.digest && a.document() == b.document() && a.name == b.name && a.outcome == b.outcome
}

// decisive is the side that says which event has been published of the record.
func (r *restated) decisive() saying {
	if r.was.ok {
		return r.was
	}
	return r.is
}

// cascade carries the event of a record through the pipelines: in its old form under the old files, in its new form under
// the new ones.
func (c *Comparison) cascade(r *restated) {
	c.carry(r.record.ID, r.happening(r.was), r.happening(r.is))
}

// happening is the event that one side makes of the record. What only the time of the event told, it has from the stored
// one: the version, the chain, and what other modules had written into the document.
func (r *restated) happening(s saying) happening {
	if !s.ok {
		return happening{}
	}
	e := s.event(r.system, r.record)
	e.Version = max(r.record.Version, 1)
	slots, created, last := slices.Clone(s.value.Slots()), e.Time, ""
	if r.stored != nil {
		e.Time, e.Version, e.CorrelationID, e.CausationID, e.Hops = r.stored.Time, r.stored.Version, r.stored.CorrelationID, r.stored.CausationID, r.stored.Hops
		created = e.Time
		if base, err := canonical.DecodeKnown(s.entity.Type, r.stored.Data); err == nil && r.stored.Entity() == s.entity.FullName() {
			for _, f := range s.entity.Fields {
				if f.Writer != "" {
					slots[f.Slot()] = base.Slot(f.Slot())
				}
			}
			last = stateOf(s.entity, base)
			if f, ok := s.entity.Field("created_at"); ok && !base.Slot(f.Slot()).IsNull() {
				created = base.Slot(f.Slot()).Time()
			}
		}
	}
	def(&e.CorrelationID, e.Subject)
	e.Type = s.entity.FullName() + "." + r.name(s)
	stamp(s.entity, slots, e, entered(s.entity, s.state, s.name, last), created, r.system)
	e.Data = canonical.Encode(s.entity.Type, expr.RecordValue(slots), canonical.Style{})
	return happening{event: e, there: true, again: s.again}
}

// name is what happened, as one side tells it.
func (r *restated) name(s saying) string {
	last := store.Stated{State: s.before.state}
	if s.before != (said{}) {
		last.Version = 1
	}
	if r.stored != nil {
		if s.name == "" && r.was.ok && s.state == r.was.state {
			return r.stored.Name()
		}
		last.Version = r.stored.Version - 1
	}
	return eventName(s.name, s.state, last)
}

// Pending are records whose events have not come yet.
type pending struct {
	byEvent    map[string]*restated
	byDocument map[string][]*restated // in the order of the records
	order      []*restated
}

func newPending() pending {
	return pending{byEvent: map[string]*restated{}, byDocument: map[string][]*restated{}}
}

// add keeps a record that both sides make something else of. One that makes no difference is kept only for its place, when
// it comes behind such a one of the same document.
func (p *pending) add(r *restated, differs bool) {
	s := r.decisive()
	if !s.ok || !differs && len(p.byDocument[s.document()]) == 0 {
		return
	}
	event, document := s.event(r.system, r.record).ID, s.document()
	if !differs {
		r = &restated{plain: true}
	}
	r.event, r.document = event, document
	p.byEvent[event] = r
	p.byDocument[document] = append(p.byDocument[document], r)
	p.order = append(p.order, r)
}

// take returns the record of an event, nil when there is none that makes a difference. Earlier ones of the document, of which
// no event was stored, go to missed first.
func (p *pending) take(event string, missed func(*restated)) *restated {
	r := p.byEvent[event]
	if r == nil {
		return nil
	}
	queue := p.byDocument[r.document]
	at := slices.Index(queue, r)
	for _, x := range queue[:at] {
		p.end(x, missed)
	}
	p.byDocument[r.document] = queue[at+1:]
	delete(p.byEvent, event)
	if r.plain {
		return nil
	}
	return r
}

func (p *pending) end(r *restated, missed func(*restated)) {
	delete(p.byEvent, r.event)
	if !r.plain {
		missed(r)
	}
}

// rest hands out what is left, in the order of the records.
func (p *pending) rest(missed func(*restated)) {
	for _, r := range p.order {
		if p.byEvent[r.event] == r {
			p.end(r, missed)
		}
	}
	*p = newPending()
}
