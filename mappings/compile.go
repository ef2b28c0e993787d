package mappings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// Bounds of one mapping, so that checking it takes no longer than a moment.
const (
	maxLets  = 200
	maxParts = 200 // rows written one by one in one list
)

// A compiler turns one mapping file into steps.
type compiler struct {
	*loader
	m       *Mapping
	entity  *canonical.Entity // of the target; nil for a product's record
	lookups map[string]*expr.Lookup
	vars    []expr.Var      // what is bound around the current place
	most    int             // variables bound at the same time
	broken  map[string]bool // lets with errors
	demands demands         // of lookups
	used    map[string]bool // variables that an expression reads, and lookups as "lookup <name>"
}

// A building is a target record whose fields are being compiled.
type building struct {
	typ   *expr.Type
	path  string              // dotted, with a dot at the end; "" at the top
	out   *expr.Type          // typ with what is known about the fields that are set
	set   map[string][]string // dotted paths below this record → source paths
	code  string              // the constant currency of the record, if the file says one
	outer *building
}

func (c *compiler) bind(v ...expr.Var) {
	c.vars = append(slices.Clone(c.vars), v...)
	c.most = max(c.most, len(c.vars))
}

func (c *compiler) scope(b *building) *expr.Scope {
	s := &expr.Scope{
		Source: c.m.Source, Vars: slices.Clone(c.vars), Lookups: c.lookups, XRef: c.knownEntity, EventTime: true,
	}
	if b != nil {
		s.Out, s.OutSet = b.out, maps.Clone(b.set)
	}
	return s
}

// program compiles an expression and reports its problems where they stand. offset is where the expression starts in
// the node's text, in runes.
func (c *compiler) program(n *strictyaml.Node, text string, offset int, s *expr.Scope) (*expr.Program, bool) {
	p, problems := expr.Compile(text, s)
	for _, x := range problems {
		if c.blameless(x) {
			continue
		}
		n.ReportAt(offset+x.Offset, x.Code, x.Suggestion, "%s", x.Message)
	}
	if p != nil {
		for _, name := range p.Vars() {
			c.used[name] = true
		}
		for _, use := range p.Lookups() {
			c.used["lookup "+use.Name] = true
			c.demands.add(use)
		}
	}
	return p, len(problems) == 0
}

// unused warns of lets and of the file's own lookups that nothing uses: mostly a name was misspelt.
func (c *compiler) unused(lets, lookups *strictyaml.Node) {
	for prefix, n := range map[string]*strictyaml.Node{"": lets, "lookup ": lookups} {
		if n == nil {
			continue
		}
		m, ok := n.Map()
		if !ok {
			continue
		}
		for _, name := range m.Names() {
			if !c.used[prefix+name] {
				m.Key(name).Warn(sihe.CodeMappingUnused, "remove it", "nothing uses %s%q", cmp.Or(prefix, "the let "), name)
			}
		}
	}
}

// blameless says whether a problem is only that a let, which has errors of its own, is not there.
func (c *compiler) blameless(x expr.Problem) bool {
	for name := range c.broken {
		if x.Code == sihe.CodeExprName && x.Message == fmt.Sprintf("unknown name %q", name) {
			return true
		}
	}
	return false
}

// expression compiles a whole scalar, quoted or not.
func (c *compiler) expression(n *strictyaml.Node, s *expr.Scope) (*expr.Program, bool) {
	if n.Literal() == "null" { // to YAML no text, to expressions a value
		return c.program(n, "null", 0, s)
	}
	text, ok := n.Text()
	if !ok {
		return nil, false
	}
	return c.program(n, strings.TrimRight(text, "\n"), 0, s)
}

// condition compiles a scalar that must be true or false.
func (c *compiler) condition(n *strictyaml.Node, what string, s *expr.Scope) (*expr.Program, bool) {
	p, ok := c.expression(n, s)
	if !ok {
		return nil, false
	}
	if bad := (&expr.Type{Kind: expr.KindBool}).Accepts(p.Type()); bad != nil {
		n.ReportAt(0, bad.Code, bad.Suggestion, "%s: %s", what, bad.Message)
		return nil, false
	}
	return p, true
}

// let compiles the names that the fields share.
func (c *compiler) let(n *strictyaml.Node) {
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	entries := m.Entries()
	if len(entries) > maxLets {
		n.Report(sihe.CodeExprLimit, "split the mapping", "let: has %d names, %d are allowed", len(entries), maxLets)
		return
	}
	for _, entry := range entries {
		ok := c.name(entry.Key, entry.Name, "a let")
		if _, hides := c.m.Source.Slot(entry.Name); hides && ok {
			entry.Key.Report(sihe.CodeMappingName, "choose another name", "the source has a field %q already", entry.Name)
		}
		p, compiled := c.expression(entry.Value, c.scope(nil))
		if !compiled || !ok {
			c.broken[entry.Name] = true
			continue
		}
		place := placeOf(entry.Key)
		c.m.let = append(c.m.let, let{program: p, at: &spot{m: c.m, path: "", name: "let " + entry.Name, place: place}})
		c.bind(expr.Var{Name: entry.Name, Type: p.Type(), Sources: p.Sources(), Path: c.sourcePath(p.String())})
	}
}

// sourcePath returns the dotted path of an expression that is nothing but a path into the source, else "".
func (c *compiler) sourcePath(text string) string {
	parts := strings.Split(strings.TrimSpace(text), ".")
	if !slices.ContainsFunc(parts, func(p string) bool { return !isName(p) }) {
		for _, v := range slices.Backward(c.vars) {
			if v.Name == parts[0] {
				if v.Path == "" {
					return ""
				}
				return strings.Join(append([]string{v.Path}, parts[1:]...), ".")
			}
		}
		if _, ok := c.m.Source.Slot(parts[0]); ok {
			return strings.Join(parts, ".")
		}
	}
	return ""
}

func placeOf(n *strictyaml.Node) Place {
	return Place{Path: n.Path(), Line: n.Line(), Column: n.Column(), Source: n.Source()}
}

// root compiles the fields of the target record.
func (c *compiler) root(n *strictyaml.Node) *record {
	b := &building{typ: c.m.Target, out: c.m.Target, set: map[string][]string{}}
	r := c.record(n, b)
	if c.entity == nil {
		c.missing(n, b)
	}
	return r
}

// record compiles the fields of one target record, in the order of the file.
func (c *compiler) record(n *strictyaml.Node, b *building) *record {
	r := &record{width: len(b.typ.Fields)}
	m, ok := n.Map()
	if !ok {
		return r
	}
	entries := m.Entries()
	b.code = c.constantCurrency(entries, b)
	for _, entry := range entries {
		slot, ok := c.target(entry, b)
		if !ok {
			continue
		}
		path := b.path + entry.Name
		if _, again := c.m.places[path]; !again { // a list may have several rows that set it
			c.m.places[path] = placeOf(entry.Key)
			c.m.targets = append(c.m.targets, path)
		}
		s, ok := c.value(entry, slot, b)
		if !ok { // lines below that read it are not to be blamed
			c.merge(b, entry.Name, slot, b.typ.Fields[slot].Type.OrNull(false), nil, nil)
			continue
		}
		r.add(s)
	}
	return r
}

// target finds the field that a key names and reports the ones that no mapping may set.
func (c *compiler) target(entry strictyaml.Entry, b *building) (slot int, ok bool) {
	slot, ok = b.typ.Slot(entry.Name)
	if !ok {
		var known []string
		for _, f := range b.typ.Fields {
			if !c.readOnly(b.path + f.Name) {
				known = append(known, f.Name)
			}
		}
		entry.Key.Report(sihe.CodeMappingField, didYouMean(entry.Name, known), "%s has no field %q", c.targetName(b), entry.Name)
		return 0, false
	}
	if c.readOnly(b.path + entry.Name) {
		entry.Key.Report(sihe.CodeMappingReadOnly, "remove the line", "%s%s is computed by %s", b.path, entry.Name, c.m.To)
		return 0, false
	}
	return slot, true
}

func (c *compiler) targetName(b *building) string {
	if b.path == "" {
		return c.m.To
	}
	return c.m.To + "." + strings.TrimSuffix(b.path, ".")
}

// readOnly says whether the target computes a field. A hash is computed too, but it may be a condition of a write-back.
func (c *compiler) readOnly(path string) bool {
	f := c.field(path)
	return f != nil && f.Computed() && f.Kind != canonical.KindHash
}

// field returns the entity's field of a path; nil for a product's record.
func (c *compiler) field(path string) *canonical.Field {
	if c.entity == nil {
		return nil
	}
	f, _ := c.entity.Field(path)
	return f
}

// missing reports the fields that a record needs and the mapping does not set.
func (c *compiler) missing(n *strictyaml.Node, b *building) {
	var names []string
	for _, f := range b.typ.Fields {
		needed := !f.Type.Nullable
		if c.entity != nil {
			field := c.field(b.path + f.Name)
			needed = field != nil && field.Required && field.Default == nil && !field.Computed()
		}
		if _, set := b.set[f.Name]; needed && !set {
			names = append(names, f.Name)
		}
	}
	if len(names) > 0 {
		n.Report(sihe.CodeYAMLMissing, "", "%s needs %s", c.targetName(b), strings.Join(names, ", "))
	}
}

// constantCurrency returns the currency of a record whose currency field is a quoted constant.
func (c *compiler) constantCurrency(entries []strictyaml.Entry, b *building) string {
	name := b.typ.CurrencyField
	if name == "" {
		name = "currency"
	}
	for _, e := range entries {
		if e.Name == name && e.Value.Quoted() {
			return e.Value.Literal()
		}
	}
	if _, own := b.typ.Slot(name); own || b.outer == nil {
		return ""
	}
	return b.outer.code
}
