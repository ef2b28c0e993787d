package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
)

// An Origin is a system whose records become canonical by mappings.
type Origin struct {
	System string
	Module string               // that it plays
	Kinds  map[string]Normalise // by the product's name of the kind (Record.Entity)
}

// A Normalise says how records of one kind become canonical.
type Normalise struct {
	Map  *mappings.Mapping
	Name string // of the event, as records of the kind are cut out; empty: the state tells it
}

// A fact is what a product's record says about one document of the module that it plays.
type fact struct {
	entity  *canonical.Entity // nil when the mapping leads to none
	subject string
	value   expr.Value // the fields that the module owns, with defaults and formulas
	shown   expr.Value // all that the product shows
	digest  string     // of value
}

// fact maps a record, validates it, and leaves in it what the module owns. With an error the fact is as complete as it got.
func (o Origin) fact(c *canonical.Catalog, m *mappings.Mapping, w expr.World, r sihe.Record) (f fact, err error) {
	e, ok := c.Entity(m.To)
	if !ok {
		return f, sihe.Permanent(sihe.Errorf(sihe.CodeKindUnmapped, "map record %s of %s: there is no entity %s", r.ID, o.System, m.To))
	}
	f.entity = e
	if err := o.owns(e); err != nil {
		return f, err
	}
	said, err := canonical.Decode(m.Source, r.Data)
	if err != nil {
		return f, sihe.Permanent(err)
	}
	mapped, err := m.Apply(w, said)
	if err != nil {
		return f, sihe.Permanent(err)
	}
	f.shown = e.Settled(mapped)
	if err := e.Check(f.shown); err != nil {
		return f, sihe.Permanent(err)
	}
	if f.value, err = completed(e, f.shown, w); err != nil {
		return f, sihe.Permanent(err)
	}
	f.digest = digestOf(canonical.Encode(e.Type, f.value, canonical.Style{}))
	key, ok := e.Field(e.Key)
	if !ok {
		return f, sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "map record %s: %s has no key field", r.ID, e.FullName()))
	}
	f.subject = f.value.Slot(key.Slot()).Text()
	return f, usableKey(f.subject)
}

// owns refuses what a system says about an entity of another module (suite.md BR-01).
func (o Origin) owns(e *canonical.Entity) error {
	if e.Module == o.Module {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeBoundary, "take a %s from %s: it plays %s, the owner is %s", e.FullName(), o.System, o.Module, e.Module))
}

// event is what a record comes to, without what only the earlier events of the document tell: version, chain, data.
func (f fact) event(system string, r sihe.Record) sihe.Event {
	return sihe.Event{
		ID:     sihe.EventID("normalise", system, r.ID, f.entity.FullName()),
		Source: sourceOf(system), Type: f.entity.FullName() + "." + r.Name, Subject: f.subject, Time: r.Time,
		CorrelationID: r.CorrelationID, CausationID: r.CausationID, Hops: r.Hops,
	}
}

// stamp sets the implicit fields of an event's record.
func stamp(e *canonical.Entity, slots []expr.Value, x sihe.Event, state string, created time.Time, by string) {
	set := func(name string, v expr.Value) {
		if slot, ok := e.Type.Slot(name); ok && v.Kind() == e.Type.Fields[slot].Type.Kind {
			slots[slot] = v
		}
	}
	if state != "" {
		set("state", expr.TextValue(state))
	}
	set("version", expr.IntValue(x.Version))
	set("correlation_id", expr.TextValue(x.CorrelationID))
	set("created_at", expr.TimeValue(created))
	set("updated_at", expr.TimeValue(x.Time))
	set("updated_by", expr.TextValue(by))
}
