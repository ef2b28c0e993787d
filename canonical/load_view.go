package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// readView keeps the hints for the console as they are, after checking that what they name exists. Those of an extension
// are laid over the entity's own.
func (d *draft) readView(l *loader, n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	v := viewReader{d: d, l: l, pulled: map[string]bool{}}
	if show := m.Take("show"); show != nil {
		v.pull(show)
	}
	if title := m.Take("title"); title != nil {
		v.title(title)
	}
	v.group(m.Take("list"), "columns", "phone", "filters", "sort", "sum")
	v.group(m.Take("approval"), "summary", "watch")
	v.group(m.Take("board"), "by", "card", "sum")
	v.group(m.Take("calendar"), "from", "to")
	if form := m.Take("form"); form != nil {
		v.form(form)
	}
	if actions := m.Take("actions"); actions != nil {
		v.actions(actions)
	}
	m.Take("menu")
	m.Take("print")
	m.Done()
	d.e.View, _ = overlay(d.e.View, n.Value()).(map[string]any)
}

type viewReader struct {
	d      *draft
	l      *loader
	pulled map[string]bool // names that `show` adds
}

// pull notes the names that are read from elsewhere.
func (v *viewReader) pull(n *strictyaml.Node) {
	if m, ok := n.Map(); ok {
		for _, entry := range m.Entries() {
			v.pulled[entry.Name] = true
		}
	}
}

// title checks the fields in "{po_no} {supplier.name}".
func (v *viewReader) title(n *strictyaml.Node) {
	text, ok := n.Text()
	for ok && text != "" {
		_, after, found := strings.Cut(text, "{")
		name, rest, closed := strings.Cut(after, "}")
		if found && !closed {
			n.Report(sihe.CodeEntityView, "", "title: a { without }")
		}
		if !found || !closed {
			return
		}
		v.name(n, name, "")
		text = rest
	}
}

// group checks the field names under some keys of a map; other keys are left as they are.
func (v *viewReader) group(n *strictyaml.Node, keys ...string) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, key := range keys {
		if x := m.Take(key); x != nil {
			v.names(x, "")
		}
	}
}

// names checks one name, a list of names, or {after: name, add: [names]}.
func (v *viewReader) names(n *strictyaml.Node, prefix string) {
	switch {
	case n.IsList():
		items, _ := n.List()
		for _, x := range items {
			if name, ok := x.Text(); ok {
				v.name(x, strings.TrimPrefix(name, "-"), prefix)
			}
		}
	case n.IsMap():
		m, _ := n.Map()
		for _, key := range []string{"after", "before", "add"} {
			if x := m.Take(key); x != nil {
				v.names(x, prefix)
			}
		}
		m.Done()
	default:
		if name, ok := n.Text(); ok {
			v.name(n, strings.TrimPrefix(name, "-"), prefix)
		}
	}
}

// name checks one field: of the entity, of the lines at prefix, pulled, or of the entity that a ref leads to.
func (v *viewReader) name(n *strictyaml.Node, name, prefix string) {
	e := v.d.e
	if v.pulled[name] || e.fields[prefix+name] != nil {
		return
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		if f := e.fields[prefix+name[:i]]; f != nil && f.Kind == KindRef {
			to := v.l.catalog.full[f.Ref]
			if to == nil || to.fields[name[i+1:]] != nil {
				return
			}
			n.Report(sihe.CodeEntityView, didYouMeanOr(name[i+1:], to.paths(), ""), "the view names an unknown field %q of %s", name[i+1:], f.Ref)
			return
		}
	}
	var known []string
	for _, path := range e.paths() {
		if short, ok := strings.CutPrefix(path, prefix); ok {
			known = append(known, short)
		}
	}
	n.Report(sihe.CodeEntityView, didYouMeanOr(name, known, ""), "the view names an unknown field %q", prefix+name)
}

// form checks the sections: fields of the header, or a table with columns of its lines.
func (v *viewReader) form(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	sections := m.Take("sections")
	if sections == nil {
		return
	}
	items, _ := sections.List()
	for _, x := range items {
		s, ok := x.Map()
		if !ok {
			continue
		}
		if label := s.Take("label"); label != nil {
			ReadLabel(label, "the label of a section")
		}
		if fields := s.Take("fields"); fields != nil {
			v.names(fields, "")
		}
		table := s.Take("table")
		if table == nil {
			continue
		}
		v.names(table, "")
		for _, key := range []string{"columns", "phone", "sum"} {
			if c := s.Take(key); c != nil && !c.IsScalar() {
				v.names(c, table.Literal()+".")
			}
		}
	}
}

func (v *viewReader) actions(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	known := v.d.e.ActionNames()
	for _, entry := range m.Entries() {
		if !slices.Contains(known, entry.Name) {
			entry.Key.Report(sihe.CodeEntityView, didYouMeanOr(entry.Name, known, ""), "the view names an unknown action %q", entry.Name)
		}
	}
}

// overlay lays the hints of an extension over those below: maps are joined, {after: x, add: [y]} inserts into a list,
// everything else replaces.
func overlay(below, above any) any {
	m, isMap := above.(map[string]any)
	if !isMap {
		return above
	}
	if list, ok := below.([]any); ok {
		return inserted(list, m)
	}
	old, _ := below.(map[string]any)
	joined := make(map[string]any, len(old)+len(m))
	for key, x := range old {
		joined[key] = x
	}
	for key, x := range m {
		joined[key] = overlay(old[key], x)
	}
	return joined
}

// inserted puts m["add"] after or before a named item, or at the end.
func inserted(list []any, m map[string]any) []any {
	added, _ := m["add"].([]any)
	at := len(list)
	if i := named(list, m["after"]); i >= 0 {
		at = i + 1
	} else if i := named(list, m["before"]); i >= 0 {
		at = i
	}
	return slices.Insert(slices.Clone(list), at, added...)
}

func named(list []any, name any) int {
	text, ok := name.(string)
	return slices.IndexFunc(list, func(x any) bool { return ok && x == text })
}
