package pipelines

import (
	"slices"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// A draft is a pipeline while its file is read.
type draft struct {
	*Pipeline
	to, do, mapping *strictyaml.Node
	mapBroken       bool // the mapping has errors of its own
}

// pipeline reads one file; false when so much is missing that nothing more can be said.
func (r *reader) pipeline(m *strictyaml.Map) (*Pipeline, bool) {
	d := &draft{Pipeline: &Pipeline{Path: m.Node().Path(), Line: m.Node().Line(), places: places{}}}
	d.places.keys(m, "", "when", "key", "version", "do")
	d.Name = r.name(m, "pipeline")
	d.Label = label(m, d.Name)
	d.From = r.owned(m.Need("from"))
	on, when, needs := m.Take("on"), m.Take("when"), m.Take("needs")
	d.mapping, d.to, d.do = m.Take("map"), m.Need("to"), m.Need("do")
	key, version, match := m.Take("key"), m.Take("version"), m.Take("match")
	d.Deadline = within(m.Take("deadline"), "deadline", minWait, maxWait)
	d.retry(m.Take("retry"))
	brake := m.Take("brake")
	d.brake(brake)
	m.Done()
	r.target(d)
	d.action()
	r.mapped(d)
	if d.From != nil {
		d.events(on)
		d.When = condition(when, d.From.Type)
		r.needs(d, needs)
		d.keys(m, key, version)
	}
	if d.From == nil || d.Entity == nil || d.Do == "" || d.Name == "" {
		return nil, false
	}
	d.brakeFits(brake)
	d.conditions(match)
	if d.Map != nil || d.Do == sihe.DoCopy {
		r.ownership(d)
		d.required()
	}
	return d.Pipeline, !d.mapBroken
}

// events reads on: the names of the events that the pipeline listens to.
func (d *draft) events(n *strictyaml.Node) {
	if n == nil {
		return
	}
	items, ok := n.List()
	if !ok {
		return
	}
	if len(items) == 0 {
		n.Report(sihe.CodePipelineEvent, "remove on: to listen to all", "the list of events is empty")
	}
	known := eventNames(d.From)
	for _, item := range items {
		name, ok := item.Text()
		switch {
		case !ok:
		case !slices.Contains(known, name):
			item.Report(sihe.CodePipelineEvent, didYouMean(name, known), "%s has no event %q", d.From.FullName(), name)
		case slices.Contains(d.On, name):
			item.Report(sihe.CodePipelineEvent, "", "the event %q stands twice", name)
		default:
			d.On = append(d.On, name)
		}
	}
}

// Names of events that are no states.
const (
	eventCreated = "created"
	eventUpdated = "updated"
)

// eventNames lists what can happen to an entity: entering a state, or created and updated.
func eventNames(e *canonical.Entity) []string {
	names := []string{eventCreated, eventUpdated}
	for _, s := range e.States {
		names = append(names, s.Name)
	}
	return names
}

func condition(n *strictyaml.Node, source *expr.Type) *expr.Program {
	if n == nil {
		return nil
	}
	return program(n, "when", source, &expr.Type{Kind: expr.KindBool})
}

// needs reads which documents must be known where.
func (r *reader) needs(d *draft, n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	d.places.keys(m, "needs.", m.Names()...)
	for _, entry := range m.Entries() {
		f, found := d.From.Field(entry.Name)
		if !found {
			entry.Key.Report(sihe.CodePipelineNeeds, didYouMean(entry.Name, refs(d.From)), "%s has no field %q", d.From.FullName(), entry.Name)
			continue
		}
		if f.Kind != canonical.KindRef {
			entry.Key.Report(sihe.CodePipelineNeeds, didYouMean(entry.Name, refs(d.From)), "%s is %s, no reference to a document", entry.Name, f.Kind)
			continue
		}
		module, ok := entry.Value.Text()
		if !ok {
			continue
		}
		e, known := r.catalog.Entity(f.Ref)
		if known && module != e.Module && !slices.Contains(e.Copies, module) {
			holders := append([]string{e.Module}, e.Copies...)
			entry.Value.Report(sihe.CodePipelineNeeds, "one of "+strings.Join(holders, ", "), "%s keeps no %s", module, f.Ref)
			continue
		}
		d.Needs = append(d.Needs, Need{Field: entry.Name, Module: module})
	}
}

// refs lists the paths of an entity's references.
func refs(e *canonical.Entity) []string {
	var paths []string
	var walk func([]*canonical.Field)
	walk = func(fields []*canonical.Field) {
		for _, f := range fields {
			if f.Kind == canonical.KindRef {
				paths = append(paths, f.Path)
			}
			walk(f.Fields)
		}
	}
	walk(e.Fields)
	return paths
}

// keys reads key: and version:.
func (d *draft) keys(m *strictyaml.Map, key, version *strictyaml.Node) {
	switch {
	case key != nil && (d.Do == sihe.DoCreate || d.Do == sihe.DoCopy):
		m.Key("key").Report(sihe.CodePipelineKey, "remove it", "do: %s takes no key: %s", d.Do, map[string]string{
			sihe.DoCreate: "the target numbers its documents", sihe.DoCopy: "a copy has its owner's key",
		}[d.Do])
	case key != nil:
		d.Key = program(key, "key", d.From.Type, &expr.Type{Kind: expr.KindText})
	case d.Do != "" && d.Do != sihe.DoCreate && d.Do != sihe.DoCopy:
		d.do.Report(sihe.CodePipelineKey, "add `key: …`, an expression over "+d.From.FullName(), "do: %s needs the key of the document", d.Do)
	}
	if version != nil {
		d.Version = program(version, "version", d.From.Type, &expr.Type{Kind: expr.KindInt})
	}
}

// retry reads {attempts:, longest:}.
func (d *draft) retry(n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	if a := m.Take("attempts"); a != nil {
		if i, ok := a.Int(); ok && (i < 1 || i > maxAttempts) {
			a.Report(sihe.CodePipelineBounds, "", "attempts must be from 1 to %d, found %d", maxAttempts, i)
		} else if ok {
			d.Retry.Attempts = i
		}
	}
	d.Retry.Longest = within(m.Take("longest"), "longest", 100*time.Millisecond, maxLongest)
	m.Done()
}

// conditions reads match: mapped fields that are compared, not written.
func (d *draft) conditions(n *strictyaml.Node) {
	if n == nil {
		return
	}
	items, ok := n.List()
	if !ok {
		return
	}
	if d.Do == sihe.DoCreate || d.Do == sihe.DoCopy {
		n.Report(sihe.CodePipelineMatch, "remove it", "do: %s has no document to compare with", d.Do)
		return
	}
	if d.Map == nil {
		return
	}
	for _, item := range items {
		name, ok := item.Text()
		switch {
		case !ok:
		case strings.Contains(name, ".") || !slices.Contains(d.Map.Targets(), name):
			item.Report(sihe.CodePipelineMatch, didYouMean(name, d.Map.Targets()), "the mapping %s sets no field %q", d.Map.Name, name)
		case slices.Contains(d.Match, name):
			item.Report(sihe.CodePipelineMatch, "", "the field %q stands twice", name)
		default:
			d.Match = append(d.Match, name)
		}
	}
}

// writes lists the target paths that the pipeline sets: what its mapping sets save the conditions.
func (p *Pipeline) writes() []string {
	if p.Map == nil {
		return nil
	}
	return slices.DeleteFunc(p.Map.Targets(), func(path string) bool {
		top, _, _ := strings.Cut(path, ".")
		return slices.Contains(p.Match, top)
	})
}
