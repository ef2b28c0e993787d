package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/mappings"
	"github.com/sihehub/sihe/strictyaml"
)

// A trial is one case while it is read and run.
type trial struct {
	*tester
	subject
	name        string
	at          *strictyaml.Node
	differences []Difference
}

// An expected is what a case says about the outcome. Exactly one is given.
type expected struct{ writes, out, filtered, refused *strictyaml.Node }

func (k *trial) expected(m *strictyaml.Map) (x expected, ok bool) {
	result := "writes"
	if k.pipeline != nil {
		x.writes, x.filtered = m.Take("writes"), m.Take("filtered")
	} else {
		result, x.out = "out", m.Take("out")
	}
	x.refused = m.Take("refused")
	m.Done()
	given := 0
	for _, n := range []*strictyaml.Node{x.writes, x.out, x.filtered, x.refused} {
		if n != nil {
			given++
		}
	}
	if given != 1 {
		hint := "write `" + result + ":` or `refused: CODE`"
		if k.pipeline != nil {
			hint = "write `writes: […]`, `filtered: true` or `refused: CODE`"
		}
		k.at.Report(sihe.CodeTestFile, hint, "%s: say one thing that is expected", k.name)
	}
	return x, given == 1
}

// record runs a case of a mapping: in: gives out:.
func (k *trial) record(m *strictyaml.Map) {
	in, w := m.Need("in"), mappings.ReadWorld(m)
	x, ok := k.expected(m)
	if in == nil || !ok {
		return
	}
	var entity *canonical.Entity
	if t, ok := canonical.ParseTarget(k.mapping.From); ok {
		entity, _, _ = k.catalog.In(t.Module, t.Entity)
	}
	source, ok := k.source(in, entity, w)
	if !ok {
		return
	}
	got, err := k.mapping.Apply(w, source)
	switch {
	case x.refused != nil:
		k.refused(x.refused, err)
	case err != nil:
		k.differ(x.out, "out", "a result", err.Error())
	default:
		k.compare(x.out, k.mapping.Target, "out", got, k.mapping.Targets())
	}
}

// source reads the record of a case. What the entity computes need not be given; where it is, it must be right.
func (k *trial) source(in *strictyaml.Node, entity *canonical.Entity, w expr.World) (expr.Value, bool) {
	if entity == nil {
		v, _, ok := mappings.Record(in, k.mapping.Source)
		return v, ok
	}
	return k.complete(in, entity, w, nil)
}

// complete fills a record in as its module would: defaults, formulas, hashes, and the fields that every document has.
func (k *trial) complete(in *strictyaml.Node, entity *canonical.Entity, w expr.World, kept map[string]expr.Value) (expr.Value, bool) {
	given, _, ok := mappings.Record(in, entity.Type)
	if !ok {
		return given, false
	}
	slots := append([]expr.Value(nil), given.Slots()...)
	set := func(name string, v expr.Value) {
		if slot, ok := entity.Type.Slot(name); ok && slots[slot].IsNull() {
			slots[slot] = v
		}
	}
	for name, v := range kept {
		set(name, v)
	}
	set("version", expr.IntValue(1))
	set("created_at", expr.TimeValue(w.EventTime()))
	set("updated_at", expr.TimeValue(w.EventTime()))
	if s, ok := entity.Initial(); ok {
		set("state", expr.TextValue(s.Name))
	}
	v, err := entity.Compute(expr.RecordValue(slots), w)
	if err != nil {
		e := sihe.Permanent(err)
		mappings.NodeAt(in, e.Path).Report(e.Code, "", "%s: %s", k.name, e.Error())
		return v, false
	}
	what := "in"
	if k.pipeline != nil {
		what = "event.data"
	}
	before := len(k.differences)
	k.compare(in, entity.Type, what, v, nil)
	return v, len(k.differences) == before
}

// event runs a case of a pipeline: an event comes in, and is written, filtered or refused.
func (k *trial) event(m *strictyaml.Map) {
	n, w := m.Need("event"), mappings.ReadWorld(m)
	x, ok := k.expected(m)
	if n == nil || !ok {
		return
	}
	e, w, ok := k.read(n, w)
	if !ok {
		return
	}
	got, err := k.pipeline.Try(k.catalog, w, e)
	switch {
	case x.refused != nil && err == nil && got.Filtered != "":
		k.differ(x.refused, "refused", x.refused.Literal(), "filtered: "+string(got.Filtered))
	case x.refused != nil:
		k.refused(x.refused, err)
	case err != nil && x.filtered != nil:
		k.differ(x.filtered, "filtered", "true", err.Error())
	case err != nil:
		k.differ(x.writes, "writes", "a write", err.Error())
	case x.filtered != nil:
		if want, ok := x.filtered.Bool(); ok && want != (got.Filtered != "") {
			k.differ(x.filtered, "filtered", x.filtered.Literal(), "a write: "+got.Write.Do+" "+got.Write.Entity)
		}
	default:
		k.writes(x.writes, got)
	}
}

// read makes the event: {name:, time:, version:, data:}.
func (k *trial) read(n *strictyaml.Node, w mappings.ExampleWorld) (e sihe.Event, out mappings.ExampleWorld, ok bool) {
	m, ok := n.Map()
	if !ok {
		return e, w, false
	}
	entity, version, name := k.pipeline.From, 1, eventUpdated
	if x := m.Take("name"); x != nil {
		name, _ = x.OneOf(eventNames(entity)...)
	}
	if x := m.Take("time"); x != nil {
		at, err := time.Parse(time.RFC3339, x.Literal())
		if err != nil {
			x.Report(sihe.CodeYAMLValue, "", "needs a time like 2026-01-31T08:00:00+08:00, found %q", x.Literal())
		}
		w.At = at
	}
	if x := m.Take("version"); x != nil {
		version, _ = x.Int()
	}
	data := m.Need("data")
	m.Done()
	if data == nil || name == "" {
		return e, w, false
	}
	kept := map[string]expr.Value{"version": expr.IntValue(int64(version))}
	if _, entered := entity.State(name); entered {
		kept["state"] = expr.TextValue(name)
	}
	v, ok := k.complete(data, entity, w, kept)
	if !ok {
		return e, w, false
	}
	slot, _ := entity.Type.Slot(entity.Key)
	e = sihe.Event{
		Source: "/" + entity.Module, Type: entity.FullName() + "." + name, Subject: v.Slot(slot).Text(), Time: w.At,
		Version: int64(version), CorrelationID: v.Slot(slot).Text(), Data: canonical.Encode(entity.Type, v, canonical.Style{}),
	}
	e.ID = sihe.EventID("test", e.Type, e.Subject)
	return e, w, true
}
