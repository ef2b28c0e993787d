package pipelines

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// target resolves to:, which may be a copy.
func (r *reader) target(d *draft) {
	if d.to == nil {
		return
	}
	name, ok := d.to.Text()
	if !ok {
		return
	}
	t, ok := canonical.ParseTarget(name)
	if ok {
		if e, _, held := r.catalog.In(t.Module, t.Entity); held {
			d.To, d.Entity = t, e
			return
		}
	}
	var known []string
	for _, module := range r.catalog.Modules() {
		for _, e := range r.catalog.Held(module) {
			known = append(known, module+"."+e.Name)
			if e.Name == t.Entity && e.Module == module && slices.Contains(r.catalog.Modules(), t.Module) {
				d.to.Report(sihe.CodePipelineEntity, "list "+t.Module+" under copies: in "+e.Path, "%s keeps no copy of %s", t.Module, e.FullName())
				return
			}
		}
	}
	d.to.Report(sihe.CodePipelineEntity, didYouMean(name, known), "unknown entity %q", name)
}

// action reads do:.
func (d *draft) action() {
	if d.do == nil {
		return
	}
	name, ok := d.do.Text()
	if !ok || d.Entity == nil {
		return
	}
	known := append([]string{sihe.DoCreate, sihe.DoCopy, sihe.DoWriteBack}, d.Entity.ActionNames()...)
	if !slices.Contains(known, name) {
		d.do.Report(sihe.CodePipelineAction, didYouMean(name, known), "%s knows no action %q", d.Entity.FullName(), name)
		return
	}
	d.Do = name
}

// mapped resolves map:, which only a copy can do without.
func (r *reader) mapped(d *draft) {
	if d.mapping == nil {
		if d.Do != "" && d.Do != sihe.DoCopy {
			d.do.Report(sihe.CodePipelineMapping, "add `map: name`", "only a copy needs no mapping")
		}
		return
	}
	name, ok := d.mapping.Text()
	if !ok {
		return
	}
	found, ok := r.maps.Mapping(name)
	if !ok {
		d.mapBroken = r.maps.Broken(name)
		if !d.mapBroken {
			d.mapping.Report(sihe.CodePipelineMapping, didYouMean(name, r.maps.Names()), "unknown mapping %q", name)
		}
		return
	}
	if d.From != nil && found.From != d.From.FullName() {
		d.mapping.Report(sihe.CodePipelineMapping, "", "the mapping reads %s, the pipeline %s (see %s:%d)", found.From, d.From.FullName(), found.Path, found.Line)
		return
	}
	if d.Entity != nil && found.To != d.Entity.FullName() && found.To != d.To.FullName() {
		d.mapping.Report(sihe.CodePipelineMapping, "", "the mapping makes %s, the pipeline writes %s (see %s:%d)", found.To, d.To.FullName(), found.Path, found.Line)
		return
	}
	d.Map = found
}
