package canonical

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

// An Ownership says who may do what with an entity or one of its fields.
type Ownership struct {
	Entity  string              `json:"entity"`         // full name
	Path    string              `json:"path,omitempty"` // of the field; "" for the whole entity
	Label   Label               `json:"label"`
	Type    FieldKind           `json:"type,omitempty"`
	Owner   string              `json:"owner"`             // the one module that writes it
	How     How                 `json:"how"`               // how it comes to its value
	Writers map[string][]string `json:"writers,omitempty"` // of an entity: module → fields that it writes back
	Copies  []string            `json:"copies,omitempty"`  // modules that keep a read-only copy
	Accepts map[string][]string `json:"accepts,omitempty"` // action → modules that may ask the owner for it
	Actions []string            `json:"actions,omitempty"` // actions that may set the field beside the initial state
	File    string              `json:"file"`
	Line    int                 `json:"line"`
}

// A How says how a field comes to its value.
type How string

// Ways to a value.
const (
	ByOwner     How = "owner"      // entered in or sent to the owner's system
	ByWriteBack How = "write_back" // by another module, absolute and versioned
	ByFormula   How = "formula"
	ByHash      How = "hash"
	BySystem    How = "system" // kept with every document
)

// Explain answers `sihe owners explain purchase_order.approval_status`. The path is an entity, or one of its fields, with
// or without the module; a copy is explained as what it is a copy of. What is not found is a Permanent error that
// suggests the nearest name.
func (c *Catalog) Explain(path string) (Ownership, error) {
	parts := strings.Split(path, ".")
	var e *Entity
	if len(parts) > 1 {
		if e = c.held[parts[0]+"."+parts[1]]; e != nil {
			parts = parts[1:]
		}
	}
	if e == nil {
		var err error
		if e, err = c.byName(path, parts); err != nil {
			return Ownership{}, err
		}
	}
	if len(parts) == 1 {
		return e.explain(), nil
	}
	field := strings.Join(parts[1:], ".")
	f, ok := e.Field(field)
	if !ok {
		return Ownership{}, refuse(sihe.CodeEntityField, "explain %s: %s has no field %q%s", shown(path), e.FullName(), shown(field), didYouMean(field, e.paths()))
	}
	return e.explainField(f), nil
}

// byName finds an entity without its module.
func (c *Catalog) byName(path string, parts []string) (*Entity, error) {
	var found []*Entity
	var known []string
	for _, e := range c.entities {
		known = append(known, e.FullName(), e.Name)
		if e.Name == parts[0] {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		hint := didYouMean(parts[0], known)
		if hint == "" {
			hint = didYouMean(strings.Join(parts[:min(2, len(parts))], "."), known)
		}
		return nil, refuse(sihe.CodeEntityUnknown, "explain %s: no such entity%s", shown(path), hint)
	}
	names := make([]string, len(found))
	for i, e := range found {
		names[i] = e.FullName()
	}
	return nil, refuse(sihe.CodeEntityUnknown, "explain %s: it may be any of %s", shown(path), strings.Join(names, ", "))
}

func (e *Entity) explain() Ownership {
	o := Ownership{
		Entity: e.FullName(), Label: e.Label, Owner: e.Module, How: ByOwner, Copies: e.Copies, Accepts: e.Accepts,
		Writers: map[string][]string{}, File: e.Path, Line: e.Line,
	}
	for _, path := range e.paths() {
		if w := e.fields[path].Writer; w != "" {
			o.Writers[w] = append(o.Writers[w], path)
		}
	}
	return o
}

func (e *Entity) explainField(f *Field) Ownership {
	o := Ownership{
		Entity: e.FullName(), Path: f.Path, Label: f.Label, Type: f.Kind, Owner: e.Owner(f.Path), How: ByOwner,
		Copies: e.Copies, File: f.Origin, Line: f.Line,
	}
	switch {
	case f.Implicit:
		o.How = BySystem
	case f.Formula != nil:
		o.How = ByFormula
	case f.Kind == KindHash:
		o.How = ByHash
	case f.Writer != "":
		o.How = ByWriteBack
	default:
		o.Accepts = maps.Clone(e.Accepts)
		maps.DeleteFunc(o.Accepts, func(do string, _ []string) bool { return do != sihe.DoCreate && !e.sets(do, f.Path) })
		for _, name := range e.ActionNames() {
			if e.sets(name, f.Path) {
				o.Actions = append(o.Actions, name)
			}
		}
	}
	slices.Sort(o.Actions)
	return o
}
