package config

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// modules are the four wings.
func modules() []string { return []string{"crm", "erp", "oa", "finance"} }

// ownFiles are the hub's files in the data folder, beside which a native module has <system>.db.
func ownFiles() []string { return []string{"hub", "bus"} }

func (r *reader) systems(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	native := map[string]string{} // module → the system that plays it
	for _, e := range m.Entries() {
		r.names = append(r.names, e.Name)
		switch {
		case !isName(e.Name):
			e.Key.Report(sihe.CodeConfigValue, "use small letters, digits and dashes, a letter first, at most 40", "%q is not a name for a system", e.Name)
		case slices.Contains(ownFiles(), e.Name):
			e.Key.Report(sihe.CodeConfigValue, "choose another name", "the hub has a file called %s.db of its own", e.Name)
		}
		s, ok := r.system(e)
		if !ok {
			continue
		}
		if s.Connector == Native && s.Module != "" {
			if first, twice := native[s.Module]; twice {
				e.Key.Report(sihe.CodeConfigValue, "keep one of them", "%s is Sihe's own module for %s already", first, s.Module)
			}
			native[s.Module] = s.Name
		}
		r.c.Systems = append(r.c.Systems, s)
	}
	if len(r.names) == 0 {
		n.Report(sihe.CodeConfigValue, "add at least one, e.g. crm: {module: crm, connector: native}", "no system is configured")
	}
}

func (r *reader) system(e strictyaml.Entry) (System, bool) {
	m, ok := e.Value.Map()
	if !ok {
		return System{}, false
	}
	s := System{Name: e.Name, Secrets: map[string]Secret{}, At: e.Key, Settings: m.Take("settings")}
	if v := m.Need("module"); v != nil {
		s.Module, _ = v.OneOf(modules()...)
	}
	if v := m.Need("connector"); v != nil {
		s.Connector, _ = v.Text()
		s.At = v
	}
	if s.Settings != nil {
		s.Settings.Rewrite(func(n *strictyaml.Node) (string, bool) { return r.resolve(n, n.Literal()) })
	}
	if v := m.Take("secrets"); v != nil {
		r.secrets(v, s.Secrets)
	}
	if v := m.Take("poll"); v != nil {
		s.Poll = r.poll(v)
		if s.Connector == Native {
			v.Report(sihe.CodeConfigValue, "remove it", "Sihe's own module tells by itself what is new")
		}
	}
	m.Done()
	return s, true
}

func (r *reader) secrets(n *strictyaml.Node, into map[string]Secret) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		if s, ok := r.secret(e.Value, e.Name); ok {
			into[e.Name] = s
		}
	}
}
