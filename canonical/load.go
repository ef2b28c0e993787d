package canonical

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// The modules are roles with ownership; there are these four and no others.
func modules() []string { return []string{"crm", "erp", "finance", "oa"} }

// chainSelf is the Chain of a document that joins no other's.
const chainSelf = "self"

// Load compiles all entity files of the sources; a later source may `extends` what an earlier one defines. Everything
// wrong goes to f, all at once. When f has errors afterwards, the catalog is good for checking other files against it
// and for nothing else.
func Load(f *sihe.Findings, sources ...fs.FS) *Catalog {
	l := &loader{catalog: &Catalog{full: map[string]*Entity{}, held: map[string]*Entity{}}, drafts: map[string]*draft{}}
	for _, source := range sources {
		strictyaml.Files(source, f, l.file)
	}
	for _, x := range l.extensions {
		l.extend(x)
	}
	all := make([]*draft, 0, len(l.drafts))
	for _, d := range l.drafts {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *draft) int { return cmp.Compare(a.e.FullName(), b.e.FullName()) })
	for _, d := range all {
		l.catalog.entities = append(l.catalog.entities, d.e)
		l.catalog.full[d.e.FullName()] = d.e
		l.catalog.held[d.e.FullName()] = d.e
	}
	for _, d := range all {
		l.resolve(d)
	}
	for _, d := range all {
		l.compile(d)
	}
	return l.catalog
}

// A loader holds what is known while the files are read.
type loader struct {
	catalog    *Catalog
	drafts     map[string]*draft // by full name
	extensions []extension
}

// A draft is an entity whose file is read but not yet checked against the others.
type draft struct {
	e      *Entity
	nodes  map[string]*strictyaml.Node // of keys that are checked later
	fields []*fieldDraft               // all of them, nested ones after the field around them
	views  []*strictyaml.Node          // the file's own, then those of extensions
	guards []guard
}

type extension struct {
	entity string
	path   string
	m      *strictyaml.Map
}

func (d *draft) find(f *Field) *fieldDraft {
	i := slices.IndexFunc(d.fields, func(x *fieldDraft) bool { return x.Field == f })
	return d.fields[i]
}

// file reads one file: an entity or an extension of one.
func (l *loader) file(path string, n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	if x := m.Take("extends"); x != nil {
		if name, ok := x.Text(); ok {
			l.extensions = append(l.extensions, extension{entity: name, path: path, m: m})
		}
		return
	}
	l.entity(path, m)
}

// entity reads an entity file up to what other files decide about.
func (l *loader) entity(path string, m *strictyaml.Map) {
	d := &draft{e: &Entity{Path: path, fields: map[string]*Field{}}, nodes: map[string]*strictyaml.Node{}}
	e := d.e
	if n := m.Need("entity"); n != nil {
		e.Name, _ = n.Text()
		e.Line = n.Line()
		plainName(n, e.Name)
	}
	if n := m.Need("module"); n != nil {
		e.Module, _ = n.Text()
		knownModule(n, e.Module)
	}
	e.Label = label(m.Node(), m.Take("label"), "the entity", e.Name)
	flag(m.Take("master"), &e.Master)
	flag(m.Take("detail"), &e.Detail)
	d.nodes["key"] = m.Need("key")
	for _, key := range []string{"number", "chain", "amount", "copies", "accepts", "unique"} {
		if n := m.Take(key); n != nil {
			d.nodes[key] = n
		}
	}
	if n := m.Need("fields"); n != nil {
		e.Fields = d.readFields(n, nil, "", path)
	}
	if n := m.Take("states"); n != nil {
		d.readStates(n)
	}
	if n := m.Take("view"); n != nil {
		d.views = append(d.views, n)
	}
	m.Done()
	if e.Name == "" || e.Module == "" {
		return
	}
	if first, taken := l.drafts[e.FullName()]; taken {
		m.Key("entity").Report(sihe.CodeEntityDuplicate, "use `extends: "+e.FullName()+"` to add to it", "entity %s is defined in %s already", e.FullName(), first.e.Path)
		return
	}
	l.drafts[e.FullName()] = d
}

// label reads {en, zh}. A missing label is a warning and falls back to the name; a missing language is an error.
func label(at, n *strictyaml.Node, what, name string) Label {
	if n == nil {
		at.Warn(sihe.CodeEntityLabel, "write label: {en: …, zh: …}", "%s %s has no label", what, name)
		return fallback(name)
	}
	return ReadLabel(n, "the label of "+name)
}

// fallback makes a readable name: "po_no" becomes "Po no".
func fallback(name string) Label {
	s := strings.ReplaceAll(name, "_", " ")
	if s != "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return Label{En: s, Zh: s}
}

// optional is words for what may be absent.
func optional(n *strictyaml.Node, what string) Label {
	if n == nil {
		return Label{}
	}
	return ReadLabel(n, what)
}

// ReadLabel reads {en: …, zh: …}; what names the thing in reports. An absent label is empty.
func ReadLabel(n *strictyaml.Node, what string) Label {
	if n == nil {
		return Label{}
	}
	m, ok := n.Map()
	if !ok {
		return Label{}
	}
	var l Label
	if x := m.Take("en"); x != nil {
		l.En, _ = x.Text()
	}
	if x := m.Take("zh"); x != nil {
		l.Zh, _ = x.Text()
	}
	switch {
	case l.En == "" && m.Key("en") == nil:
		n.Report(sihe.CodeEntityLabel, "add en: …", "%s has no English text", what)
	case l.Zh == "" && m.Key("zh") == nil:
		n.Report(sihe.CodeEntityLabel, "add zh: …", "%s has no Chinese text", what)
	}
	m.Done()
	return l
}

// plainName checks the name of an entity, state or action: it becomes part of topics, events and addresses.
func plainName(n *strictyaml.Node, name string) bool {
	for i, r := range name {
		if r < 'a' || r > 'z' {
			if i == 0 || r != '_' && (r < '0' || r > '9') {
				return badName(n, name)
			}
		}
	}
	return name != "" && (len(name) <= maxName || badName(n, name))
}

// maxName is the longest name, in bytes.
const maxName = 60

func badName(n *strictyaml.Node, name string) bool {
	n.Report(sihe.CodeEntityName, "use lower-case letters, digits and _, starting with a letter", "%q is not a name", shown(name))
	return false
}

// knownModule checks the name of a module.
func knownModule(n *strictyaml.Node, name string) bool {
	if name == "" || slices.Contains(modules(), name) {
		return name != ""
	}
	n.Report(sihe.CodeEntityModule, didYouMeanOr(name, modules(), "one of "+strings.Join(modules(), ", ")), "unknown module %q", name)
	return false
}

// didYouMeanOr suggests the nearest known name, or says something else.
func didYouMeanOr(name string, known []string, other string) string {
	if s := strictyaml.Suggest(name, known); s != "" {
		return "did you mean " + s + "?"
	}
	return other
}
