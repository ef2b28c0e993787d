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
	"github.com/sihehub/sihe/mappings"
)

// A side is what one version of the files makes of an event in a pipeline, or of a record.
type side struct {
	outcome string
	mapping *mappings.Mapping // nil: none
	write   sihe.Write        // of a record: the document as it is stated
	fields  map[string]string // what is written, by path; nil when nothing is
	amounts map[string]AmountMove
}

// Outcomes of a trial, for people.
const (
	outcomeNone     = "no pipeline"
	outcomeNoEvent  = "no event"
	outcomeWritten  = "written"
	outcomeFiltered = "filtered"
	outcomeRefused  = "refused"
)

// idle says that nothing is written, and nobody is told.
func (s side) idle() bool {
	return slices.Contains([]string{outcomeNone, outcomeNoEvent, outcomeFiltered, outcomeNoSystem, outcomeUnmapped}, s.outcome)
}

func try(p *Pipeline, c *canonical.Catalog, h happening) side {
	s := side{outcome: outcomeNone}
	switch {
	case p == nil:
		return s
	case !h.there || p.From.FullName() != h.event.Entity() || (h.again && !absolute(p.Do)):
		s.outcome = outcomeNoEvent
		return s
	}
	s.mapping = p.Map
	world := storedWorld{h.event.Time}
	t, err := p.Try(c, world, h.event)
	switch {
	case err != nil:
		s.outcome = outcomeRefused + " " + string(sihe.CodeOf(err))
		return s
	case t.Filtered != "":
		s.outcome = outcomeFiltered
		return s
	}
	s.outcome, s.write = outcomeWritten, t.Write
	s.fields = map[string]string{":to": t.Write.Entity, ":do": t.Write.Do}
	if t.Write.Key != "" {
		s.fields[":key"] = t.Write.Key
	}
	flatten(s.fields, "", t.Write.Data)
	flatten(s.fields, ":match", t.Write.Match)
	s.amounts = amountsWritten(p, t.Write, world)
	return s
}

// decisive is the side that says which document is meant: the new one, if it writes.
func decisive(before, after side) side {
	if after.fields != nil {
		return after
	}
	return before
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

// amountsWritten returns the money fields at the top of what is written. Of a document that is made, or copied as a whole,
// the target computes its formulas; so are they here.
func amountsWritten(p *Pipeline, w sihe.Write, world expr.World) map[string]AmountMove {
	v, _, err := canonical.DecodePartial(p.Entity.Type, w.Data)
	if err != nil {
		return nil
	}
	if w.Do == sihe.DoCreate {
		if computed, err := p.Entity.Compute(v, world); err == nil {
			v = computed
		}
	}
	return amountsOf(p.Entity, v)
}

// amountsOf returns the money fields at the top of a document.
func amountsOf(e *canonical.Entity, v expr.Value) map[string]AmountMove {
	all := map[string]AmountMove{}
	for _, f := range e.Fields {
		if f.Kind != canonical.KindMoney || v.Slot(f.Slot()).IsNull() {
			continue
		}
		currency := f.Type.Currency
		if c, ok := e.Field(e.CurrencyField()); ok && currency == "" {
			currency = v.Slot(c.Slot()).Text()
		}
		all[f.Name] = AmountMove{Field: f.Name, Currency: currency, After: v.Slot(f.Slot()).Decimal()}
	}
	return all
}

// differ compares two sides; nil when they come to the same.
func differ(before, after side) *DocumentChange {
	fields := changedFields(before, after)
	if len(fields) == 0 && (before.outcome == after.outcome || before.idle() && after.idle()) {
		return nil
	}
	w := decisive(before, after).write
	d := &DocumentChange{
		To: w.Entity, Key: w.Key, Before: before.outcome, After: after.outcome, Fields: fields, Amounts: moved(before, after),
		maps: [2]*mappings.Mapping{before.mapping, after.mapping},
	}
	for _, m := range d.maps {
		if m != nil {
			d.Mapping = m.Name
		}
	}
	return d
}

func changedFields(before, after side) (all []FieldChange) {
	if before.fields == nil || after.fields == nil {
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
