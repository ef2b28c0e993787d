package canonical

import (
	"github.com/sihehub/sihe/canonical/expr"
)

// implicit returns the fields that every document has and the system keeps. Records of products may lack all of them
// but state and version.
func implicit(e *Entity) []*Field {
	text, at := (&expr.Type{Kind: expr.KindText}).OrNull(true), (&expr.Type{Kind: expr.KindTime}).OrNull(true)
	fields := []*Field{
		{Name: "version", Label: Label{"Version", "版本号"}, Kind: KindInt, Type: &expr.Type{Kind: expr.KindInt}},
		{Name: "correlation_id", Label: Label{"Chain", "链路号"}, Kind: KindText, Type: text},
		{Name: "created_at", Label: Label{"Created at", "创建时间"}, Kind: KindTime, Type: at},
		{Name: "updated_at", Label: Label{"Changed at", "修改时间"}, Kind: KindTime, Type: at},
		{Name: "updated_by", Label: Label{"Changed by", "修改人"}, Kind: KindText, Type: text},
	}
	if len(e.States) > 0 {
		state := &Field{Name: "state", Label: Label{"State", "状态"}, Kind: KindEnum}
		names := make([]string, len(e.States))
		for i, s := range e.States {
			names[i] = s.Name
			state.Values = append(state.Values, Choice{Name: s.Name, Label: s.Label})
		}
		state.Type = expr.EnumType(names...)
		fields = append([]*Field{state}, fields...)
	}
	for _, f := range fields {
		f.Path, f.Scale, f.Implicit, f.Origin, f.Line = f.Name, expr.AnyScale, true, e.Path, e.Line
	}
	return fields
}

// ImplicitFields returns what every document has beside its own fields: state, version, correlation_id, created_at,
// updated_at, updated_by.
func (e *Entity) ImplicitFields() []*Field {
	var fields []*Field
	for _, f := range e.Type.Fields[len(e.Fields):] {
		fields = append(fields, e.fields[f.Name])
	}
	return fields
}

// types builds the static types anew. nullable says which fields may be null; it changes while the formulas are found
// to be null or not.
func (d *draft) types(nullable map[*Field]bool) {
	e := d.e
	own := make([]expr.Field, 0, len(e.Fields)+6)
	for i, f := range e.Fields {
		f.slot = i
		own = append(own, expr.Field{Name: f.Name, Type: fieldType(f, nullable)})
	}
	for _, f := range implicit(e) {
		f.slot = len(own)
		e.fields[f.Name] = f
		own = append(own, expr.Field{Name: f.Name, Type: f.Type})
	}
	e.Type = expr.RecordType(own...)
	e.Type.CurrencyField = currencyField(e.Fields)
}

func currencyField(fields []*Field) string {
	for _, f := range fields {
		if f.Kind == KindCurrency {
			return f.Name
		}
	}
	return ""
}

func fieldType(f *Field, nullable map[*Field]bool) *expr.Type {
	var t *expr.Type
	switch f.Kind {
	case KindInt:
		t = &expr.Type{Kind: expr.KindInt}
	case KindBool:
		t = &expr.Type{Kind: expr.KindBool}
	case KindDecimal, KindQuantity, KindRate:
		t = expr.DecimalType(f.Scale)
	case KindMoney:
		t = expr.MoneyType(f.Scale, "")
	case KindDate:
		t = &expr.Type{Kind: expr.KindDate}
	case KindTime:
		t = &expr.Type{Kind: expr.KindTime}
	case KindEnum:
		values := make([]string, len(f.Values))
		for i, v := range f.Values {
			values[i] = v.Name
		}
		t = expr.EnumType(values...)
	case KindList:
		t = expr.ListType(recordType(f.Fields, nullable))
	case KindRecord:
		t = recordType(f.Fields, nullable)
	default:
		t = &expr.Type{Kind: expr.KindText}
	}
	f.Type = t.OrNull(nullable[f])
	return f.Type
}

func recordType(fields []*Field, nullable map[*Field]bool) *expr.Type {
	inner := make([]expr.Field, len(fields))
	for i, f := range fields {
		f.slot = i
		inner[i] = expr.Field{Name: f.Name, Type: fieldType(f, nullable)}
	}
	t := expr.RecordType(inner...)
	t.CurrencyField = currencyField(fields)
	return t
}
