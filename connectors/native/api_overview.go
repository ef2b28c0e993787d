package native

import (
	"slices"

	"github.com/sihehub/sihe/canonical"
)

// describe lists what the module has, for GET /.
func (m *Module) describe() any {
	type action struct {
		Name  string          `json:"name"`
		To    string          `json:"to"`
		Auto  bool            `json:"auto,omitempty"`
		With  []string        `json:"with,omitempty"`
		Label canonical.Label `json:"label"`
	}
	type state struct {
		Name    string          `json:"name"`
		Label   canonical.Label `json:"label"`
		Actions []action        `json:"actions,omitempty"`
	}
	type entity struct {
		Name    string          `json:"name"`
		Owner   string          `json:"owner"`
		Copy    bool            `json:"copy,omitempty"`
		Label   canonical.Label `json:"label"`
		Key     string          `json:"key"`
		Indexed []string        `json:"indexed"`
		States  []state         `json:"states,omitempty"`
	}
	entities := []entity{}
	for _, name := range sortedNames(m.kinds) {
		k := m.kinds[name]
		e := entity{Name: name, Owner: k.entity.Module, Copy: k.copied, Label: k.entity.Label, Key: k.entity.Key, Indexed: fieldNames(k.indexed)}
		for _, s := range k.entity.States {
			x := state{Name: s.Name, Label: s.Label}
			for _, a := range s.Actions {
				x.Actions = append(x.Actions, action{a.Name, a.To, a.Auto, a.With, a.Label})
			}
			e.States = append(e.States, x)
		}
		entities = append(entities, e)
	}
	jobs, reports := []string{}, []string{refusedReport}
	for _, j := range m.options.Jobs {
		jobs = append(jobs, j.Name)
	}
	for _, r := range m.options.Reports {
		reports = append(reports, r.Name)
	}
	slices.Sort(reports)
	return map[string]any{"system": m.options.System, "module": m.options.Module, "entities": entities, "jobs": jobs, "reports": reports}
}
