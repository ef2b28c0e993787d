package mappings

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// A demand is what expressions can ask a lookup for.
type demand struct {
	keys map[string]bool
	any  bool // any text
}

// Demands are those of lookups, by name.
type demands map[string]*demand

func (d demands) of(name string) *demand {
	if d[name] == nil {
		d[name] = &demand{keys: map[string]bool{}}
	}
	return d[name]
}

func (d demands) add(u expr.LookupUse) {
	x := d.of(u.Name)
	x.any = x.any || u.Keys == nil
	for _, k := range u.Keys {
		x.keys[k] = true
	}
}

func (d demands) merge(more demands) {
	for name, x := range more {
		sum := d.of(name)
		sum.any = sum.any || x.any
		maps.Copy(sum.keys, x.keys)
	}
}

// unreached warns of keys in a mapping's own lookups that no expression can ask for.
func (d demands) unreached(lookups *strictyaml.Node) {
	each(lookups, func(name string, table *strictyaml.Node) { d.warn(name, table, "remove it") })
}

// misspelt warns of such keys in shared lookups only where one is meant that is asked for: a table may be made for
// more than the mappings that are there.
func (d demands) misspelt(tables map[string]*strictyaml.Node) {
	for name, table := range tables {
		d.warn(name, table, "")
	}
}

// warn tells the keys of a table that nothing asks for. Without a preset, those that resemble no key that is asked for and
// absent are passed over.
func (d demands) warn(name string, table *strictyaml.Node, preset string) {
	x := d[name]
	if x == nil || x.any {
		return
	}
	asked := slices.Sorted(maps.Keys(x.keys))
	each(table, func(key string, _ *strictyaml.Node) {
		m, _ := table.Map()
		absent := slices.DeleteFunc(slices.Clone(asked), func(k string) bool { return m.Key(k) != nil })
		suggestion := cmp.Or(didYouMean(key, absent), preset)
		if !x.keys[key] && suggestion != "" {
			m.Key(key).Warn(sihe.CodeMappingLookupKey, suggestion, "the lookup %s is never asked for %q, only for %s", name, key, strings.Join(asked, ", "))
		}
	})
}

// each goes through the entries of a map, none when it is none.
func each(n *strictyaml.Node, f func(name string, n *strictyaml.Node)) {
	if n == nil || !n.IsMap() {
		return
	}
	m, _ := n.Map()
	for _, name := range m.Names() {
		f(name, m.Take(name))
	}
}
