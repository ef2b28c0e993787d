package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// A guard is an action with the places of what is checked later.
type guard struct {
	*Action
	from string
	to   *strictyaml.Node
	when *strictyaml.Node
	with []*strictyaml.Node
	key  *strictyaml.Node
}

// readStates reads the map of states, the first of which is the initial one.
func (d *draft) readStates(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	entries := m.Entries()
	if len(entries) == 0 {
		n.Report(sihe.CodeEntityState, "leave `states` out when there are none", "there must be at least one state")
	}
	for _, entry := range entries {
		if !plainName(entry.Key, entry.Name) {
			continue
		}
		if slices.Contains([]string{"created", "updated"}, entry.Name) {
			entry.Key.Report(sihe.CodeEntityState, "choose another name", "%q is the name of an event, so no state can have it", entry.Name)
		}
		s := &State{Name: entry.Name, Line: entry.Key.Line()}
		d.e.States = append(d.e.States, s)
		if entry.Value.IsNull() {
			s.Label = label(entry.Key, nil, "the state", s.Name)
			continue
		}
		d.readState(s, entry)
	}
	for i := range d.guards {
		d.checkTarget(&d.guards[i])
	}
	d.reachable(m)
}

func (d *draft) readState(s *State, entry strictyaml.Entry) {
	m, ok := entry.Value.Map()
	if !ok {
		return
	}
	s.Label = label(entry.Key, m.Take("label"), "the state", s.Name)
	for _, a := range m.Entries() {
		if !plainName(a.Key, a.Name) {
			continue
		}
		if slices.Contains([]string{sihe.DoCreate, sihe.DoCopy, sihe.DoWriteBack, "created", "updated"}, a.Name) {
			a.Key.Report(sihe.CodeEntityState, "choose another name", "%q is a word of pipelines, so no action can have it", a.Name)
			continue
		}
		g := readAction(s.Name, a)
		s.Actions = append(s.Actions, g.Action)
		d.guards = append(d.guards, g)
	}
}

// readAction reads `action: next` or `action: {to: next, …}`.
func readAction(state string, entry strictyaml.Entry) guard {
	g := guard{Action: &Action{Name: entry.Name, Line: entry.Key.Line()}, from: state, key: entry.Key}
	if entry.Value.IsScalar() {
		g.to = entry.Value
		g.To, _ = entry.Value.Text()
		g.Label = fallback(entry.Name)
		return g
	}
	m, ok := entry.Value.Map()
	if !ok {
		return g
	}
	if g.to = m.Need("to"); g.to != nil {
		g.To, _ = g.to.Text()
	}
	g.when = m.Take("when")
	flag(m.Take("auto"), &g.Auto)
	if n := m.Take("with"); n != nil {
		g.with, _ = n.List()
	}
	if n := m.Take("label"); n != nil {
		g.Label = ReadLabel(n, "the label of "+entry.Name)
	} else {
		g.Label = fallback(entry.Name)
	}
	g.Why = optional(m.Take("why"), "why of "+entry.Name)
	if g.Auto && g.when == nil {
		m.Key("auto").Report(sihe.CodeEntityState, "add when: …", "the action %s is taken by itself, so it needs a guard", entry.Name)
	}
	m.Done()
	return g
}

func (d *draft) stateNames() []string {
	names := make([]string, len(d.e.States))
	for i, s := range d.e.States {
		names[i] = s.Name
	}
	return names
}

func (d *draft) checkTarget(g *guard) {
	if g.To == "" || g.to == nil {
		return
	}
	if _, ok := d.e.State(g.To); !ok {
		g.to.Report(sihe.CodeEntityState, didYouMeanOr(g.To, d.stateNames(), "one of "+strings.Join(d.stateNames(), ", ")), "the action %s leads to an unknown state %q", g.Name, g.To)
		return
	}
	if g.Auto && g.To == g.from {
		g.to.Report(sihe.CodeEntityState, "", "the action %s is taken by itself and leads back to its own state for ever", g.Name)
	}
}

// reachable reports states that no document can come to.
func (d *draft) reachable(m *strictyaml.Map) {
	if len(d.e.States) == 0 {
		return
	}
	reached := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if reached[name] {
			return
		}
		reached[name] = true
		for _, a := range d.e.Actions(name) {
			visit(a.To)
		}
	}
	visit(d.e.States[0].Name)
	for _, s := range d.e.States {
		if !reached[s.Name] {
			m.Key(s.Name).Report(sihe.CodeEntityState, "add an action that leads to it, or remove it", "no action leads to the state %s", s.Name)
		}
	}
}

// resolveActions checks the fields that actions may set.
func (d *draft) resolveActions() {
	for _, g := range d.guards {
		for _, n := range g.with {
			name, ok := n.Text()
			if !ok {
				continue
			}
			f, found := d.e.fields[name]
			switch {
			case !found || strings.Contains(name, "."):
				n.Report(sihe.CodeEntityField, didYouMeanOr(name, d.fieldNames(), ""), "the action %s sets an unknown field %q", g.Name, name)
			case f.Computed() || d.find(f) != nil && d.find(f).formula != nil:
				n.Report(sihe.CodeEntityState, "", "the action %s cannot set %s: it is computed", g.Name, name)
			case f.Writer != "" && f.Writer != d.e.Module:
				n.Report(sihe.CodeEntityState, "", "the action %s cannot set %s: it belongs to %s", g.Name, name, f.Writer)
			case slices.Contains(g.With, name):
				n.Report(sihe.CodeEntityDuplicate, "", "%s stands twice", name)
			default:
				g.With = append(g.With, name)
			}
		}
	}
}

func (d *draft) fieldNames() []string {
	names := make([]string, len(d.e.Fields))
	for i, f := range d.e.Fields {
		names[i] = f.Name
	}
	return names
}
