package mappings

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// sharedLookups reads a file of lookups that several mappings use.
func (l *loader) sharedLookups(m *strictyaml.Map) {
	nameNode, ownerNode, tablesNode := m.Take("lookups"), m.Need("owner"), m.Need("tables")
	m.Take("label")
	m.Done()
	name, ok := nameNode.Text()
	if !ok || !l.name(nameNode, name, "a lookups file") {
		return
	}
	if first, twice := l.groups[name]; twice {
		nameNode.Report(sihe.CodeMappingDuplicate, "", "the lookups %q are defined in %s already", name, first)
		return
	}
	l.groups[name] = nameNode.Path()
	if ownerNode != nil {
		if owner, ok := ownerNode.Text(); ok && !slices.Contains(l.catalog.Modules(), owner) {
			ownerNode.Report(sihe.CodeMappingLookup, didYouMean(owner, l.catalog.Modules()), "unknown module %q", owner)
		}
	}
	if tablesNode == nil {
		return
	}
	l.tables(tablesNode, func(table string, t map[string]string, n *strictyaml.Node) {
		full := name + "." + table
		l.shared[full], l.sharedAt[full] = &expr.Lookup{Name: full, Table: t}, n
	})
}

// tables reads a map of value maps.
func (l *loader) tables(n *strictyaml.Node, each func(name string, t map[string]string, n *strictyaml.Node)) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, entry := range m.Entries() {
		if !l.name(entry.Key, entry.Name, "a lookup") {
			continue
		}
		values, ok := entry.Value.Map()
		if !ok {
			continue
		}
		t := map[string]string{}
		for _, v := range values.Entries() {
			if text, ok := v.Value.Text(); ok {
				t[v.Name] = text
			}
		}
		if len(t) == 0 {
			entry.Value.Report(sihe.CodeMappingLookup, "", "the lookup %q has no values", entry.Name)
		}
		each(entry.Name, t, entry.Value)
	}
}
