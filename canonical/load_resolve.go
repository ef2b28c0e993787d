package canonical

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// resolve checks what refers to other parts of the file or to other files.
func (l *loader) resolve(d *draft) {
	for _, f := range d.fields {
		l.resolveRef(d, f)
		d.resolveWriter(f)
		d.resolveHash(f)
	}
	d.resolveKey()
	d.resolveNumber()
	l.resolveChain(d)
	l.resolveAmount(d)
	l.resolveCopies(d)
	d.resolveAccepts()
	d.resolveUnique()
	d.resolveActions()
}

// resolveRef finds the entity of a ref: one of the same module by its name alone, any by its full name.
func (l *loader) resolveRef(d *draft, f *fieldDraft) {
	if f.to == nil || f.Kind != KindRef {
		return
	}
	name, ok := f.to.Text()
	if !ok {
		return
	}
	full := name
	if !strings.Contains(name, ".") {
		full = d.e.Module + "." + name
	}
	if _, ok := l.catalog.full[full]; ok {
		f.Ref = full
		return
	}
	known := make([]string, 0, 2*len(l.catalog.entities))
	for _, e := range l.catalog.entities {
		if e.Name == name {
			f.to.Report(sihe.CodeEntityReference, "did you mean "+e.FullName()+"?", "%s: %s has no entity %q", f.Path, d.e.Module, name)
			return
		}
		known = append(known, e.FullName())
		if e.Module == d.e.Module {
			known = append(known, e.Name)
		}
	}
	f.to.Report(sihe.CodeEntityReference, didYouMeanOr(name, known, ""), "%s: unknown entity %q", f.Path, name)
}

// resolveWriter gives fields of a list or record the writer of what they stand in.
func (d *draft) resolveWriter(f *fieldDraft) {
	switch {
	case f.writer == nil && f.around != nil:
		f.Writer = f.around.Writer
	case f.writer == nil:
	case !knownModule(f.writer, f.Writer):
		f.Writer = ""
	case f.Writer == d.e.Module:
		f.writer.Report(sihe.CodeEntityWriter, "remove it", "%s: %s owns the entity and needs no writer", f.Path, f.Writer)
		f.Writer = ""
	case f.around != nil && f.around.Writer != "" && f.around.Writer != f.Writer:
		f.writer.Report(sihe.CodeEntityWriter, "", "%s: %s belongs to %s as a whole", f.Path, f.around.Path, f.around.Writer)
	case f.Required:
		f.writer.Report(sihe.CodeEntityWriter, "remove required, or give a default", "%s: %s fills it in later, so it cannot be required", f.Path, f.Writer)
	}
}

func (d *draft) resolveHash(f *fieldDraft) {
	if f.of == nil {
		return
	}
	if strings.Contains(f.Path, ".") {
		f.key.Report(sihe.CodeEntityType, "", "%s: a hash stands at the top of an entity", f.Path)
		return
	}
	items, ok := f.of.List()
	if !ok {
		return
	}
	for _, n := range items {
		path, ok := n.Text()
		if !ok {
			continue
		}
		part, found := d.e.fields[path]
		switch {
		case !found:
			n.Report(sihe.CodeEntityField, didYouMeanOr(path, d.e.paths(), ""), "%s: unknown field %q", f.Path, path)
		case part.Kind == KindHash:
			n.Report(sihe.CodeEntityAttribute, "", "%s: a hash cannot be part of a hash", f.Path)
		default:
			f.Of = append(f.Of, path)
		}
	}
	if len(items) == 0 {
		f.of.Report(sihe.CodeEntityAttribute, "", "%s: a hash needs fields", f.Path)
	}
}

func (d *draft) resolveKey() {
	n := d.nodes["key"]
	if n == nil {
		return
	}
	name, ok := n.Text()
	if !ok {
		return
	}
	d.e.Key = name
	f, found := d.e.fields[name]
	switch {
	case !found || strings.Contains(name, "."):
		n.Report(sihe.CodeEntityKey, didYouMeanOr(name, d.fieldNames(), ""), "the key is an unknown field %q", name)
	case f.Kind != "" && f.Kind != KindText && f.Kind != KindRef:
		n.Report(sihe.CodeEntityKey, "", "the key %s must be a text or a ref, not %s", name, f.Kind)
	case f.Writer != "":
		n.Report(sihe.CodeEntityKey, "", "the key %s cannot belong to %s", name, f.Writer)
	}
}

// resolveChain finds whose chain a document joins: the first ref to a document of the same module, unless the file says.
func (l *loader) resolveChain(d *draft) {
	d.e.Chain = chainSelf
	n := d.nodes["chain"]
	if n == nil {
		for _, f := range d.e.Fields {
			if to := l.catalog.full[f.Ref]; to != nil && !to.Master && to != d.e && to.Module == d.e.Module {
				d.e.Chain = f.Name
				return
			}
		}
		return
	}
	name, ok := n.Text()
	if !ok || name == chainSelf {
		return
	}
	f, found := d.e.fields[name]
	switch {
	case !found || strings.Contains(name, "."):
		n.Report(sihe.CodeEntityField, didYouMeanOr(name, append(d.fieldNames(), chainSelf), ""), "the chain is an unknown field %q", name)
	case f.Kind != KindRef && f.Kind != "":
		n.Report(sihe.CodeEntityAttribute, "name a ref field, or self", "the chain %s must be a ref, not %s", name, f.Kind)
	default:
		d.e.Chain = name
	}
}

// resolveAmount finds what a document is worth: the field that the file names, else the total that people would name.
func (l *loader) resolveAmount(d *draft) {
	n := d.nodes["amount"]
	if n == nil {
		for _, name := range []string{"gross_total", "amount", "total_amount", "value_total", "cost_total", "net_total"} {
			if f, ok := d.e.fields[name]; ok && f.Kind == KindMoney {
				d.e.Amount = name
				return
			}
		}
		return
	}
	name, _ := n.Text()
	if name == "none" {
		return
	}
	if f, ok := d.e.fields[name]; !ok || f.Kind != KindMoney || strings.Contains(name, ".") {
		n.Report(sihe.CodeEntityField, didYouMeanOr(name, d.fieldNames(), ""), "the amount %s is no money field of the document; write none where it has none", name)
		return
	}
	d.e.Amount = name
}

func (l *loader) resolveCopies(d *draft) {
	for _, n := range d.modules("copies") {
		name := n.Literal()
		held := name + "." + d.e.Name
		if other, taken := l.catalog.held[held]; taken {
			n.Report(sihe.CodeEntityDuplicate, "", "%s has an entity %s already (%s)", name, d.e.Name, other.FullName())
			continue
		}
		d.e.Copies = append(d.e.Copies, name)
		l.catalog.held[held] = d.e
	}
}

// modules reads a list of other modules.
func (d *draft) modules(key string) []*strictyaml.Node {
	if d.nodes[key] == nil {
		return nil
	}
	items, _ := d.nodes[key].List()
	return d.otherModules(items)
}

func (d *draft) otherModules(items []*strictyaml.Node) []*strictyaml.Node {
	var good []*strictyaml.Node
	for i, n := range items {
		name, ok := n.Text()
		switch {
		case !ok || !knownModule(n, name):
		case name == d.e.Module:
			n.Report(sihe.CodeEntityModule, "remove it", "%s is the owner itself", name)
		case slices.ContainsFunc(items[:i], func(x *strictyaml.Node) bool { return x.Literal() == name }):
			n.Report(sihe.CodeEntityDuplicate, "remove it", "%s stands twice", name)
		default:
			good = append(good, n)
		}
	}
	return good
}

func (d *draft) resolveAccepts() {
	n := d.nodes["accepts"]
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	d.e.Accepts = map[string][]string{}
	known := append(d.e.ActionNames(), sihe.DoCreate)
	for _, entry := range m.Entries() {
		if !slices.Contains(known, entry.Name) {
			entry.Key.Report(sihe.CodeEntityAction, didYouMeanOr(entry.Name, known, "one of "+strings.Join(known, ", ")), "unknown action %q", entry.Name)
		}
		items, _ := entry.Value.List()
		for _, x := range d.otherModules(items) {
			d.e.Accepts[entry.Name] = append(d.e.Accepts[entry.Name], x.Literal())
		}
	}
}

// resolveUnique reads lists of fields whose values together occur once.
func (d *draft) resolveUnique() {
	n := d.nodes["unique"]
	if n == nil {
		return
	}
	sets, _ := n.List()
	for _, set := range sets {
		items, ok := set.List()
		if !ok {
			continue
		}
		var names []string
		for _, x := range items {
			name, ok := x.Text()
			if !ok {
				continue
			}
			f, found := d.e.fields[name]
			switch {
			case !found || strings.Contains(name, "."):
				x.Report(sihe.CodeEntityField, didYouMeanOr(name, d.fieldNames(), ""), "unique names an unknown field %q", name)
			case f.Kind == KindList || f.Kind == KindRecord || f.Kind == KindJSON:
				x.Report(sihe.CodeEntityAttribute, "", "%s cannot be unique: it is %s", name, f.Kind)
			default:
				names = append(names, name)
			}
		}
		if len(items) == 0 {
			set.Report(sihe.CodeEntityAttribute, "", "unique needs fields")
		}
		if len(names) == len(items) && len(names) > 0 {
			d.e.Unique = append(d.e.Unique, names)
		}
	}
}
