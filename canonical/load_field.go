package canonical

import (
	"slices"
	"strings"
	"unicode"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// A fieldDraft is a field with the places of what is checked later.
type fieldDraft struct {
	*Field
	around  *Field // the list or record it stands in; nil: the entity
	key     *strictyaml.Node
	to      *strictyaml.Node
	of      *strictyaml.Node // of a hash
	formula *strictyaml.Node
	preset  *strictyaml.Node // default
	writer  *strictyaml.Node
}

func fieldKinds() []string {
	return []string{
		string(KindText), string(KindInt), string(KindBool), string(KindDecimal), string(KindQuantity), string(KindMoney),
		string(KindRate), string(KindCurrency), string(KindDate), string(KindTime), string(KindEnum), string(KindRef),
		string(KindList), string(KindRecord), string(KindHash), string(KindJSON),
	}
}

func implicitNames() []string {
	return []string{"state", "version", "correlation_id", "created_at", "updated_at", "updated_by"}
}

// readFields reads a map of fields. Fields with errors are kept as far as they can be told.
func (d *draft) readFields(n *strictyaml.Node, around *Field, prefix, origin string) []*Field {
	m, ok := n.Map()
	if !ok {
		return nil
	}
	entries := m.Entries()
	if len(entries) == 0 {
		n.Report(sihe.CodeYAMLValue, "", "there must be at least one field")
	}
	var fields []*Field
	for _, entry := range entries {
		if f := d.readField(entry, around, prefix, origin); f != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

func (d *draft) readField(entry strictyaml.Entry, around *Field, prefix, origin string) *Field {
	name := entry.Name
	if !fieldName(entry.Key, name) {
		return nil
	}
	if around == nil && slices.Contains(implicitNames(), name) {
		entry.Key.Report(sihe.CodeEntityName, "every document has it", "the field %s is kept by the system", name)
		return nil
	}
	m, ok := entry.Value.Map()
	if !ok {
		return nil
	}
	f := &fieldDraft{around: around, key: entry.Key, Field: &Field{
		Name: name, Path: prefix + name, Scale: expr.AnyScale, Origin: origin, Line: entry.Key.Line(), Column: entry.Key.Column(),
	}}
	d.fields = append(d.fields, f)
	d.e.fields[f.Path] = f.Field
	if n := m.Need("type"); n != nil {
		f.readType(n)
	}
	f.Label = label(entry.Key, m.Take("label"), "the field", f.Name)
	f.readAttributes(m)
	f.readExpressions(m)
	d.readNested(f, m, origin)
	m.Done()
	return f.Field
}

// fieldName allows letters of any script: products and companies have Chinese names.
func fieldName(n *strictyaml.Node, name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) || unicode.IsUpper(r) {
			if i == 0 || r != '_' && (r < '0' || r > '9') {
				return badName(n, name)
			}
		}
	}
	return len(name) <= maxName || badName(n, name)
}

func (f *fieldDraft) readType(n *strictyaml.Node) {
	name, ok := n.Text()
	if !ok {
		return
	}
	if !slices.Contains(fieldKinds(), name) {
		n.Report(sihe.CodeEntityType, didYouMeanOr(name, fieldKinds(), "one of "+strings.Join(fieldKinds(), ", ")), "unknown type %q", name)
		return
	}
	f.Kind = FieldKind(name)
	switch f.Kind {
	case KindMoney:
		f.Scale = 2
	case KindQuantity, KindRate:
		f.Scale = 6
	default:
	}
}

// only takes an attribute that some types have; on another type it is an error.
func (f *fieldDraft) only(m *strictyaml.Map, key string, kinds ...FieldKind) *strictyaml.Node {
	n := m.Take(key)
	if n == nil || f.Kind == "" || slices.Contains(kinds, f.Kind) {
		return n
	}
	m.Key(key).Report(sihe.CodeEntityAttribute, "", "%s: a field of type %s has no %q", f.Path, f.Kind, key)
	return nil
}

// needed is only for an attribute that these types must have.
func (f *fieldDraft) needed(m *strictyaml.Map, key string, kinds ...FieldKind) *strictyaml.Node {
	n := f.only(m, key, kinds...)
	if n == nil && slices.Contains(kinds, f.Kind) {
		f.key.Report(sihe.CodeYAMLMissing, "", "%s: a field of type %s needs %q", f.Path, f.Kind, key)
	}
	return n
}

func (f *fieldDraft) readAttributes(m *strictyaml.Map) {
	flag(m.Take("required"), &f.Required)
	flag(m.Take("restricted"), &f.Restricted)
	flag(m.Take("index"), &f.Index)
	flag(m.Take("scan"), &f.Scan)
	flag(f.only(m, "long", KindText), &f.Long)
	f.Short = optional(m.Take("short"), "short of "+f.Path)
	f.Help = optional(m.Take("help"), "help of "+f.Path)
	f.Why = optional(m.Take("why"), "why of "+f.Path)
	if n := m.Take("group"); n != nil {
		f.Group, _ = n.Text()
	}
	if n := m.Take("max_age"); n != nil {
		f.MaxAge, _ = n.Duration()
	}
	if n := m.Take("writer"); n != nil {
		f.Writer, _ = n.Text()
		f.writer = n
	}
	f.readLimits(m)
}

func flag(n *strictyaml.Node, to *bool) {
	if n != nil {
		*to, _ = n.Bool()
	}
}

func numberKinds() []FieldKind {
	return []FieldKind{KindInt, KindDecimal, KindQuantity, KindMoney, KindRate}
}

func (f *fieldDraft) readLimits(m *strictyaml.Map) {
	if n := f.only(m, "scale", KindDecimal, KindMoney, KindQuantity, KindRate); n != nil {
		if s, ok := n.Int(); ok && (s < 0 || s > 12) {
			n.Report(sihe.CodeEntityAttribute, "", "%s: scale must be from 0 to 12", f.Path)
		} else if ok {
			f.Scale = s
		}
	}
	if n := f.only(m, "min", numberKinds()...); n != nil {
		if d, ok := n.Decimal(); ok {
			f.Min = &d
		}
	}
	n := f.only(m, "max", append(numberKinds(), KindText, KindList)...)
	switch {
	case n == nil:
	case f.Kind == KindText || f.Kind == KindList:
		if i, ok := n.Int(); ok && i < 1 {
			n.Report(sihe.CodeEntityAttribute, "", "%s: max must be 1 or more", f.Path)
		} else if ok {
			f.MaxLength = i
		}
	default:
		if d, ok := n.Decimal(); ok {
			f.Max = &d
		}
	}
	if f.Min != nil && f.Max != nil && f.Min.Cmp(*f.Max) > 0 {
		n.Report(sihe.CodeEntityAttribute, "", "%s: min is larger than max", f.Path)
	}
}

// readExpressions keeps the nodes of formula and default and checks that they may stand together with the rest.
func (f *fieldDraft) readExpressions(m *strictyaml.Map) {
	scalars := slices.DeleteFunc(slices.Clone(fieldKinds()), func(k string) bool {
		return k == string(KindList) || k == string(KindRecord) || k == string(KindHash)
	})
	kinds := make([]FieldKind, len(scalars))
	for i, k := range scalars {
		kinds[i] = FieldKind(k)
	}
	f.formula = f.only(m, "formula", kinds...)
	f.preset = f.only(m, "default", kinds...)
	if f.formula == nil {
		return
	}
	for _, key := range []string{"default", "writer"} {
		if k := m.Key(key); k != nil {
			k.Report(sihe.CodeEntityAttribute, "remove one of them", "%s: a field with a formula has no %q", f.Path, key)
		}
	}
}

// readNested reads what the type asks for: target, values, lines.
func (d *draft) readNested(f *fieldDraft, m *strictyaml.Map, origin string) {
	f.to = f.needed(m, "to", KindRef)
	of := f.needed(m, "of", KindEnum, KindHash)
	if f.Kind == KindHash {
		f.of = of
	} else if of != nil && f.Kind == KindEnum {
		f.readChoices(of)
	}
	if n := f.needed(m, "fields", KindList, KindRecord); n != nil && f.Kind != "" {
		if strings.Count(f.Path, ".") >= 3 {
			n.Report(sihe.CodeEntityType, "", "%s: lists and records nest at most four deep", f.Path)
			return
		}
		f.Fields = d.readFields(n, f.Field, f.Path+".", origin)
	}
}

// readChoices reads the values of an enum: a list of names or a map from name to label.
func (f *fieldDraft) readChoices(n *strictyaml.Node) {
	add := func(at *strictyaml.Node, name string, l Label) {
		if slices.ContainsFunc(f.Values, func(c Choice) bool { return c.Name == name }) {
			at.Report(sihe.CodeEntityDuplicate, "", "%s: the value %q stands twice", f.Path, name)
			return
		}
		f.Values = append(f.Values, Choice{Name: name, Label: l})
	}
	if n.IsMap() {
		m, _ := n.Map()
		for _, entry := range m.Entries() {
			add(entry.Key, entry.Name, ReadLabel(entry.Value, "the value "+entry.Name))
		}
	} else if items, ok := n.List(); ok {
		for _, x := range items {
			if name, ok := x.Text(); ok {
				add(x, name, Label{})
			}
		}
	}
	if len(f.Values) == 0 {
		n.Report(sihe.CodeEntityAttribute, "", "%s: an enum needs values", f.Path)
	}
}
