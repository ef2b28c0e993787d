package native

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// A kind is what the module knows about one of its entities; it is made once, by Open.
type kind struct {
	name     string
	entity   *canonical.Entity
	copied   bool // another module owns it
	key      int  // slots of its record
	state    int  // −1: it has no states
	version  int
	chain    int    // slot of the ref whose chain a document joins; −1: none
	chainTo  string // name of that ref's entity here
	indexed  []index
	unique   [][]int
	refs     []reference
	rules    []Rule
	anyStep  string          // what a rule about any change says; "" where the entity has an action of that name
	volatile map[string]bool // implicit fields that formulas read
}

// An index finds documents by the text of one field.
type index struct {
	field string
	slot  int
}

// A reference is a field that names a document of this module.
type reference struct {
	path string
	to   string
}

// kinds compiles what the module holds.
func kinds(o Options) map[string]*kind {
	all := map[string]*kind{}
	for _, e := range o.Catalog.Held(o.Module) {
		all[e.Name] = newKind(o, e)
	}
	return all
}

func newKind(o Options, e *canonical.Entity) *kind {
	k := &kind{name: e.Name, entity: e, copied: e.Module != o.Module, state: -1, chain: -1, anyStep: OnChange}
	k.key, _ = e.Type.Slot(e.Key)
	k.version, _ = e.Type.Slot(fieldVersion)
	if i, ok := e.Type.Slot(fieldState); ok && len(e.States) > 0 {
		k.state = i
	}
	if slices.Contains(e.ActionNames(), OnChange) {
		k.anyStep = ""
	}
	if f, ok := e.Field(e.Chain); ok {
		k.chain, k.chainTo = f.Slot(), held(o, f.Ref)
	}
	k.indexed = indexesOf(e)
	for _, names := range e.Unique {
		slots := make([]int, len(names))
		for i, name := range names {
			slots[i], _ = e.Type.Slot(name)
		}
		k.unique = append(k.unique, slots)
	}
	if !k.copied {
		k.refs = referencesOf(o.Module, e.Fields, nil)
	}
	k.volatile = map[string]bool{}
	noteVolatile(e, e.Fields, k.volatile)
	for _, r := range o.Rules {
		if r.Entity == e.Name {
			k.rules = append(k.rules, r)
		}
	}
	return k
}

// noteVolatile finds the implicit fields that formulas read: when the kit sets them, the formulas are computed again.
func noteVolatile(e *canonical.Entity, fields []*canonical.Field, all map[string]bool) {
	for _, f := range fields {
		if f.Formula != nil {
			for _, path := range f.Formula.Sources() {
				if x, ok := e.Field(path); ok && x.Implicit {
					all[path] = true
				}
			}
		}
		noteVolatile(e, f.Fields, all)
	}
}

// held returns the name under which this module knows an entity, "" when it does not.
func held(o Options, full string) string {
	_, name, _ := strings.Cut(full, ".")
	if e, _, ok := o.Catalog.In(o.Module, name); ok && e.FullName() == full {
		return name
	}
	return ""
}

func indexesOf(e *canonical.Entity) []index {
	var all []index
	unique := map[string]bool{}
	for _, names := range e.Unique {
		for _, name := range names {
			unique[name] = true
		}
	}
	for i, f := range e.Type.Fields {
		if f.Type.Kind != expr.KindText {
			continue
		}
		d, ok := e.Field(f.Name)
		switch {
		case f.Name == fieldState, ok && (d.Index || d.Kind == canonical.KindRef || d.Kind == canonical.KindEnum),
			ok && d.Kind == canonical.KindText && unique[f.Name]:
			all = append(all, index{f.Name, i})
		}
	}
	return all
}

func referencesOf(module string, fields []*canonical.Field, all []reference) []reference {
	for _, f := range fields {
		owner, name, _ := strings.Cut(f.Ref, ".")
		if f.Kind == canonical.KindRef && owner == module {
			all = append(all, reference{f.Path, name})
		}
		all = referencesOf(module, f.Fields, all)
	}
	return all
}

func (k *kind) index(field string) (index, bool) {
	for _, x := range k.indexed {
		if x.field == field {
			return x, true
		}
	}
	return index{}, false
}

// invalid lists what is wrong with rules, jobs and reports, for one error at start.
func invalid(o Options, all map[string]*kind) error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for i, r := range o.Rules {
		k, ok := all[r.Entity]
		switch {
		case !ok:
			say("rule %d: module %s has no entity %q", i, o.Module, r.Entity)
		case r.Do == nil:
			say("rule %d: %s on %s does nothing", i, r.Entity, r.On)
		case k.copied && r.On != OnCopy:
			say("rule %d: %s is a copy: only %q can happen to it, not %q", i, r.Entity, OnCopy, r.On)
		case !k.copied && !slices.Contains([]string{OnCreate, OnChange, OnWriteBack}, r.On) && !slices.Contains(k.entity.ActionNames(), r.On):
			say("rule %d: %s has no action %q", i, r.Entity, r.On)
		}
	}
	seen := map[string]bool{}
	for _, j := range o.Jobs {
		if j.Name == "" || j.Do == nil || seen[j.Name] {
			say("job %q: it needs a name of its own and something to do", j.Name)
		}
		seen[j.Name] = true
	}
	clear(seen)
	for _, r := range o.Reports {
		if r.Name == "" || r.Do == nil || seen[r.Name] || r.Name == refusedReport {
			say("report %q: it needs a name of its own and something to do", r.Name)
		}
		seen[r.Name] = true
	}
	if len(wrong) == 0 {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeModuleInvalid, "open native module %s: %s", o.System, strings.Join(wrong, "; ")))
}
