package mappings

import (
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// A loader compiles all files against one catalog.
type loader struct {
	findings *sihe.Findings
	catalog  *canonical.Catalog
	shapes   Shapes
	shared   map[string]*expr.Lookup     // "<file>.<table>"
	groups   map[string]string           // name of a lookups file → its path
	sharedAt map[string]*strictyaml.Node // of shared lookups
	demands  demands                     // of shared lookups
	replaced strictyaml.Replacing
	set      *Set
}

// A source is a mapping's file.
type source struct {
	*strictyaml.Map
	shipped, replaces bool
}

func load(f *sihe.Findings, c *canonical.Catalog, shapes Shapes, sources []fs.FS) *Set {
	l := &loader{
		findings: f, catalog: c, shapes: shapes, shared: map[string]*expr.Lookup{}, groups: map[string]string{}, sharedAt: map[string]*strictyaml.Node{}, demands: demands{},
		set: &Set{mappings: map[string]*Mapping{}, broken: map[string]bool{}},
	}
	var files []source
	for _, s := range sources {
		strictyaml.Files(s, f, func(_ string, n *strictyaml.Node) {
			m, ok := n.Map()
			if !ok {
				return
			}
			if m.Key("mapping") == nil && m.Key("lookups") != nil {
				l.sharedLookups(m)
				return
			}
			shipped := strictyaml.IsShipped(s)
			files = append(files, source{m, shipped, l.replaced.Read(m, "mapping", shipped)})
		})
	}
	l.replaced.Check(sihe.CodeMappingUnknown, "mapping")
	for _, m := range files { // all shared lookups are known now
		if !m.shipped || !l.replaced.Gone(m.Map, "mapping") {
			l.mapping(m)
		}
	}
	if len(l.set.broken) == 0 { // else it is not known what they would ask for
		l.demands.misspelt(l.sharedAt)
	}
	return l.set
}

func (l *loader) mapping(m source) {
	nameNode := m.Need("mapping")
	if nameNode == nil {
		return
	}
	name, ok := nameNode.Text()
	if !ok {
		return
	}
	if first, twice := l.set.mappings[name]; twice || l.set.broken[name] {
		where := "another file"
		if twice {
			where = first.Path
		}
		nameNode.Report(sihe.CodeMappingDuplicate, l.replaced.Advice(name), "the mapping %q is defined in %s already", name, where)
		return
	}
	compiled := l.compile(name, m.Map)
	compiled.Replaces = m.replaces
	if m.Node().Failed() {
		l.set.broken[name] = true
		return
	}
	l.set.mappings[name] = compiled
}

// compile reads one mapping file from top to bottom.
func (l *loader) compile(name string, m *strictyaml.Map) *Mapping {
	out := &Mapping{
		Name: name, Path: m.Node().Path(), Line: m.Node().Line(), lineage: map[string][]string{}, places: map[string]Place{},
		constants: map[string]expr.Value{},
	}
	c := &compiler{loader: l, m: out, lookups: map[string]*expr.Lookup{}, broken: map[string]bool{}, used: map[string]bool{}, demands: demands{}}
	out.From, out.Source, _ = l.shape(m, "from")
	out.To, out.Target, c.entity = l.shape(m, "to")
	own := m.Take("lookups")
	if own != nil {
		l.tables(own, func(table string, t map[string]string, _ *strictyaml.Node) {
			c.lookups[table] = &expr.Lookup{Name: table, Table: t}
		})
	}
	for name, t := range l.shared {
		c.lookups[name] = t
	}
	let, fields, examples := m.Take("let"), m.Need("fields"), m.Take("examples")
	m.Done()
	if out.Source == nil || out.Target == nil || fields == nil {
		return out
	}
	c.let(let)
	out.root = c.root(fields)
	out.vars = c.most
	if !m.Node().Failed() {
		c.unused(let, own)
		c.demands.unreached(own)
	}
	if examples != nil && !m.Node().Failed() {
		out.encodings = encodings(out)
		l.examples(out, examples)
	}
	out.encodings = encodings(out)
	l.demands.merge(c.demands)
	return out
}

// shape resolves what from: or to: names. The entity is nil for a product's record.
func (l *loader) shape(m *strictyaml.Map, key string) (string, *expr.Type, *canonical.Entity) {
	n := m.Need(key)
	if n == nil {
		return "", nil, nil
	}
	name, ok := n.Text()
	if !ok {
		return "", nil, nil
	}
	if strings.Contains(name, "/") {
		if l.shapes != nil {
			if t, ok := l.shapes.Shape(name); ok {
				return name, t, nil
			}
		}
		n.Report(sihe.CodeMappingEntity, "", "no product record %q is known here", name)
		return name, nil, nil
	}
	if module, entity, ok := strings.Cut(name, "."); ok {
		if e, _, ok := l.catalog.In(module, entity); ok {
			return name, e.Type, e
		}
	}
	n.Report(sihe.CodeMappingEntity, didYouMean(name, l.entityNames()), "unknown entity %q", name)
	return name, nil, nil
}

func (l *loader) entityNames() []string {
	var names []string
	for _, module := range l.catalog.Modules() {
		for _, e := range l.catalog.Held(module) {
			names = append(names, module+"."+e.Name)
		}
	}
	return names
}

// knownEntity says whether a cross-reference can be asked for: by full name, or by a short one that some module uses.
func (l *loader) knownEntity(name string) bool {
	return slices.ContainsFunc(l.catalog.Entities(), func(e *canonical.Entity) bool { return name == e.Name || name == e.FullName() })
}

func didYouMean(word string, known []string) string {
	if s := strictyaml.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// isName says whether a text can be a name in expressions.
func isName(s string) bool {
	for i, r := range s {
		if !unicode.IsLetter(r) && r != '_' && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// reservedNames mean something in expressions already.
func reservedNames() []string { return []string{"true", "false", "null", "out", "index", "event_time"} }

// name reports a name that expressions could not use.
func (l *loader) name(n *strictyaml.Node, name, what string) bool {
	switch {
	case !isName(name):
		n.Report(sihe.CodeMappingName, "", "%s %q is no name: use letters, digits and _", what, name)
	case slices.Contains(reservedNames(), name):
		n.Report(sihe.CodeMappingName, "", "%s cannot be called %s, which has a meaning already", what, name)
	default:
		return true
	}
	return false
}
