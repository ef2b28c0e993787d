package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

// order sorts the fields that are computed so that each comes after what it needs, and reports circles.
func (d *draft) order() {
	o := ordering{d: d, state: map[*Field]int{}}
	for _, f := range d.fields {
		o.visit(f.Field)
	}
	d.e.plan = o.plan
}

type ordering struct {
	d     *draft
	state map[*Field]int // 1: being visited, 2: done
	path  []*Field
	plan  []step
}

func (o *ordering) visit(f *Field) {
	switch o.state[f] {
	case 2:
		return
	case 1:
		o.circle(f)
		return
	}
	o.state[f] = 1
	o.path = append(o.path, f)
	for _, need := range o.needs(f) {
		o.visit(need)
	}
	o.path = o.path[:len(o.path)-1]
	o.state[f] = 2
	if f.Formula != nil || f.Default != nil || f.Kind == KindHash {
		o.plan = append(o.plan, step{field: f, around: o.d.around(o.d.find(f))})
	}
}

// needs returns the fields that must be computed before f.
func (o *ordering) needs(f *Field) []*Field {
	e := o.d.e
	var paths []string
	switch {
	case f.Formula != nil:
		paths = f.Formula.Sources()
	case f.Default != nil:
		paths = f.Default.Sources()
	case f.Kind == KindHash:
		paths = f.Of
	case f.Name == e.Key && e.Number != nil:
		paths = e.Number.Fields
	}
	var needs []*Field
	for _, path := range paths {
		x := e.fields[path]
		if x == nil || x.Implicit {
			continue
		}
		needs = append(needs, x)
		// Whoever names a list in a formula counts it; whoever names a record, or hashes a list, needs all that is in it.
		if f.Kind == KindHash || x.Kind == KindRecord && !strings.HasPrefix(f.Path, x.Path+".") {
			needs = append(needs, below(x)...)
		}
	}
	return needs
}

func below(f *Field) []*Field {
	var all []*Field
	for _, x := range f.Fields {
		all = append(append(all, x), below(x)...)
	}
	return all
}

func (o *ordering) circle(f *Field) {
	start := slices.Index(o.path, f)
	names := make([]string, 0, len(o.path)-start+1)
	for _, x := range o.path[start:] {
		names = append(names, x.Path)
	}
	names = append(names, f.Path)
	at := o.d.find(f)
	n := at.key
	switch {
	case at.formula != nil:
		n = at.formula
	case at.preset != nil:
		n = at.preset
	}
	n.Report(sihe.CodeEntityCycle, "", "%s is computed from itself: %s", f.Path, strings.Join(names, " → "))
}
