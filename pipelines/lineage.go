package pipelines

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/mappings"
)

// A Use says how one field feeds another, or decides about something.
type Use string

// Uses of a field.
const (
	UseMapping Use = "mapping"
	UseCopy    Use = "copy"
	UseFormula Use = "formula"
	UseDefault Use = "default"
	UseHash    Use = "hash"
	UseNumber  Use = "number"
	UseGuard   Use = "guard"   // of an action
	UseAction  Use = "action"  // that may set it
	UseUnique  Use = "unique"  // together with others
	UseChain   Use = "chain"   // whose chain a document joins
	UseWhen    Use = "when"    // of a pipeline or check
	UseKey     Use = "key"     // of the document that a pipeline writes
	UseVersion Use = "version" // by which a pipeline orders its writes
	UseNeeds   Use = "needs"
	UseCheck   Use = "check"
)

// A Link is one use of one field. Fields are written "<module>.<entity>.<path>", a product's "<product>/<record>.<path>".
type Link struct {
	From   string `json:"from"`
	To     string `json:"to"` // a field, or what is decided: "pipeline <name>", "check <name>", "action <entity>.<action>"
	Use    Use    `json:"use"`
	Name   string `json:"name,omitempty"` // of the pipeline, mapping, check or action
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
}

// A Hop is a link some steps away from the field that was asked for. Steps are counted from 1.
type Hop struct {
	Depth int `json:"depth"`
	Link
}

// Names says whether the place of the link names the field that was asked for, so that it breaks when the field is
// renamed. A copy has its owner's names.
func (h Hop) Names() bool { return h.Depth == 1 && h.Use != UseCopy }

// A Lineage knows where every field comes from and what depends on it. It is immutable.
type Lineage struct {
	from, to map[string][]Link // by the field at that end
	fields   []string          // all that stand at an end, sorted
}

// NewLineage collects the links of all entities, pipelines, checks and mappings of products.
func NewLineage(c *canonical.Catalog, m *mappings.Set, p *Plan) *Lineage {
	b := &lineageBuilder{}
	for _, e := range c.Entities() {
		b.entity(e)
	}
	used := map[string]bool{}
	for _, x := range p.Pipelines {
		b.pipeline(x)
		if x.Map != nil {
			used[x.Map.Name] = true
		}
	}
	for _, name := range m.Names() {
		if x, ok := m.Mapping(name); ok && !used[name] {
			b.mapping(x, name)
		}
	}
	for _, x := range p.Checks {
		b.check(x)
	}
	return b.lineage()
}

// Back returns where a field's value comes from: the nearest sources first in each branch, depth by depth below it.
// A list or record stands for all that is in it.
func (l *Lineage) Back(field string) []Hop {
	return l.walk(field, l.to, func(x Link) string { return x.From })
}

// Forward returns what depends on a field, through how many links.
func (l *Lineage) Forward(field string) []Hop {
	return l.walk(field, l.from, func(x Link) string { return x.To })
}

// maxHopsShown bounds an answer: a field like currency reaches nearly everything.
const maxHopsShown = 2_000

func (l *Lineage) walk(field string, links map[string][]Link, next func(Link) string) []Hop {
	var all []Hop
	seen := map[string]bool{}
	var visit func(at string, depth int)
	visit = func(at string, depth int) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, x := range links[at] {
			if len(all) == maxHopsShown {
				return
			}
			all = append(all, Hop{Depth: depth, Link: x})
			visit(next(x), depth+1)
		}
	}
	for _, f := range l.fields {
		if f == field || strings.HasPrefix(f, field+".") {
			visit(f, 1)
		}
	}
	return all
}

func (b *lineageBuilder) lineage() *Lineage {
	l := &Lineage{from: map[string][]Link{}, to: map[string][]Link{}}
	slices.SortStableFunc(b.links, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.Use, y.Use), cmp.Compare(x.Name, y.Name))
	})
	ends := map[string]bool{}
	for _, x := range slices.Compact(b.links) {
		l.from[x.From] = append(l.from[x.From], x)
		l.to[x.To] = append(l.to[x.To], x)
		ends[x.From], ends[x.To] = true, true
	}
	l.fields = slices.Sorted(maps.Keys(ends))
	return l
}
