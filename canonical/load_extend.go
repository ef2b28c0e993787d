package canonical

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// extend adds what a company's file says to an entity: fields under new names, labels, view hints. It never removes or
// changes the type of anything.
//
//	extends: erp.purchase_order
//	label:   {en: …, zh: …}
//	labels:  {supplier: {en: Vendor, zh: 供货商}, lines.item: {en: …, zh: …}}
//	fields:
//	  region:       {type: text, label: {en: Region, zh: 区域}}
//	  lines.colour: {type: text, label: {en: Colour, zh: 颜色}}
//	view:    {list: {columns: {after: supplier, add: [region]}}}
func (l *loader) extend(x extension) {
	m := x.m
	d := l.drafts[x.entity]
	if d == nil {
		known := slices.Sorted(maps.Keys(l.drafts))
		m.Take("extends").Report(sihe.CodeEntityReference, didYouMeanOr(x.entity, known, "write <module>.<entity>"), "unknown entity %q", x.entity)
		return
	}
	d.e.Extensions = append(d.e.Extensions, x.path)
	if n := m.Take("label"); n != nil {
		d.e.Label = ReadLabel(n, "the label of "+d.e.Name)
	}
	if n := m.Take("fields"); n != nil {
		d.addFields(n, x.path)
	}
	if n := m.Take("labels"); n != nil {
		d.relabel(n)
	}
	if n := m.Take("view"); n != nil {
		d.views = append(d.views, n)
	}
	if m.Key("entity") != nil {
		m.Take("entity").Report(sihe.CodeEntityExtends, "remove `entity`", "a file either defines an entity or extends one")
	}
	for _, key := range []string{"module", "key", "number", "chain", "amount", "copies", "accepts", "unique", "states", "master", "detail"} {
		if m.Key(key) != nil {
			m.Take(key)
			m.Key(key).Report(sihe.CodeEntityExtends, "remove it", "an extension cannot change %q of %s", key, d.e.FullName())
		}
	}
	m.Done()
}

// addFields reads new fields; a dotted name adds to the lines of a list or to a record.
func (d *draft) addFields(n *strictyaml.Node, origin string) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, entry := range m.Entries() {
		path, prefix := entry.Name, ""
		var around *Field
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			prefix = path[:i+1]
			around = d.e.fields[path[:i]]
			if around == nil || !container(around) {
				entry.Key.Report(sihe.CodeEntityExtends, didYouMeanOr(path[:i], d.containers(), ""), "%s has no list or record %q to add to", d.e.FullName(), path[:i])
				continue
			}
		}
		if f, taken := d.e.fields[path]; taken {
			entry.Key.Report(sihe.CodeEntityExtends, "choose a new name", "%s has a field %s already (%s:%d)", d.e.FullName(), path, f.Origin, f.Line)
			continue
		}
		entry.Name = strings.TrimPrefix(path, prefix)
		f := d.readField(entry, around, prefix, origin)
		switch {
		case f == nil:
		case around != nil:
			around.Fields = append(around.Fields, f)
		default:
			d.e.Fields = append(d.e.Fields, f)
		}
	}
}

func (d *draft) containers() []string {
	var names []string
	for _, f := range d.fields {
		if container(f.Field) {
			names = append(names, f.Path)
		}
	}
	return names
}

// relabel gives fields the company's own words.
func (d *draft) relabel(n *strictyaml.Node) {
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, entry := range m.Entries() {
		f, found := d.e.fields[entry.Name]
		if !found {
			entry.Key.Report(sihe.CodeEntityField, didYouMeanOr(entry.Name, d.e.paths(), ""), "a label for an unknown field %q", entry.Name)
			continue
		}
		f.Label = ReadLabel(entry.Value, "the label of "+entry.Name)
	}
}
