package rest

import (
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/strictyaml"
)

// shape reads the fields of a product's record: {name: {type: text, required: true}}. Lists and records have fields of
// their own. What the product sends beyond them is passed over.
func shape(n *strictyaml.Node) *expr.Type {
	var fields []expr.Field
	n.Each(func(name string, n *strictyaml.Node) {
		fields = append(fields, expr.Field{Name: name, Type: shapeField(n)})
	})
	return expr.RecordType(fields...)
}

func shapeField(n *strictyaml.Node) *expr.Type {
	t := &expr.Type{Kind: expr.KindText}
	m, ok := n.Map()
	if !ok {
		return t
	}
	if v := m.Need("type"); v != nil {
		kind, _ := v.OneOf("text", "bool", "int", "decimal", "date", "time", "enum", "list", "record")
		t = kindOf(kind, m)
	}
	required := false
	if v := m.Take("required"); v != nil {
		required, _ = v.Bool()
	}
	m.Done()
	return t.OrNull(!required)
}

func kindOf(kind string, m *strictyaml.Map) *expr.Type {
	switch kind {
	case "bool":
		return &expr.Type{Kind: expr.KindBool}
	case "int":
		return &expr.Type{Kind: expr.KindInt}
	case "decimal":
		return expr.DecimalType(expr.AnyScale)
	case "date":
		return &expr.Type{Kind: expr.KindDate}
	case "time":
		return &expr.Type{Kind: expr.KindTime}
	case "enum":
		var values []string
		if v := m.Need("of"); v != nil {
			values = v.Texts()
		}
		return expr.EnumType(values...)
	case "list", "record":
		of := expr.RecordType()
		if v := m.Need("fields"); v != nil {
			of = shape(v)
		}
		if kind == "list" {
			return expr.ListType(of)
		}
		return of
	}
	return &expr.Type{Kind: expr.KindText}
}
