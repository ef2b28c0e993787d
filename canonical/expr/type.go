package expr

import (
	"slices"
	"strconv"
	"strings"
)

// A Kind is the basic sort of a value.
type Kind uint8

// Kinds. Money is a KindDecimal whose Type says Money; an enum is a KindText whose Type lists its values.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindDecimal
	KindText
	KindDate
	KindTime
	KindList
	KindRecord
)

func (k Kind) String() string {
	return [...]string{"null", "bool", "int", "decimal", "text", "date", "time", "list", "record"}[min(k, KindRecord)]
}

// AnyScale says that a decimal may have any number of places.
const AnyScale = -1

// A Type is what is known about a value before it is computed. It is immutable once a Scope uses it.
type Type struct {
	Kind     Kind
	Nullable bool
	Enum     []string // the only values a Text can have; nil: any
	Money    bool     // a Decimal that is an amount of some currency
	Currency string   // ISO 4217 code of Money where it is always the same, else ""
	Scale    int      // places behind the point that a Decimal has at most; AnyScale: not known
	Elem     *Type    // of a List
	Fields   []Field  // of a Record, in the order of its slots

	// CurrencyField names the field of a Record that holds the currency of the money in it and in the records below.
	// Where it is empty, a text field called "currency" is taken.
	CurrencyField string

	index    map[string]int
	currency *currency // where the currency of Money stands, when it is not constant
}

// A Field is one named slot of a Record.
type Field struct {
	Name string
	Type *Type
}

// RecordType returns a type with these fields whose Slot is fast.
func RecordType(fields ...Field) *Type {
	t := &Type{Kind: KindRecord, Fields: fields, index: make(map[string]int, len(fields))}
	for i, f := range fields {
		t.index[f.Name] = i
	}
	return t
}

// ListType returns the type of a list of such elements.
func ListType(elem *Type) *Type { return &Type{Kind: KindList, Elem: elem} }

// DecimalType returns a decimal with at most scale places; AnyScale for any.
func DecimalType(scale int) *Type { return &Type{Kind: KindDecimal, Scale: scale} }

// MoneyType returns an amount with at most scale places. A currency of "" is that of the document.
func MoneyType(scale int, currency string) *Type {
	return &Type{Kind: KindDecimal, Money: true, Scale: scale, Currency: currency}
}

// EnumType returns a text that can only be one of the values.
func EnumType(values ...string) *Type { return &Type{Kind: KindText, Enum: values} }

// Slot returns the place of a record's field.
func (t *Type) Slot(name string) (int, bool) {
	if t.index != nil {
		i, ok := t.index[name]
		return i, ok
	}
	i := slices.IndexFunc(t.Fields, func(f Field) bool { return f.Name == name })
	return i, i >= 0
}

// Field returns the type of a record's field; nil when there is none of that name.
func (t *Type) Field(name string) *Type {
	if i, ok := t.Slot(name); ok {
		return t.Fields[i].Type
	}
	return nil
}

// OrNull returns the same type, nullable or not.
func (t *Type) OrNull(nullable bool) *Type {
	if t.Nullable == nullable {
		return t
	}
	c := *t
	c.Nullable = nullable
	return &c
}

// String names the type as messages do: "decimal or null", "list of money", "one of draft, done".
func (t *Type) String() string {
	s := t.Kind.String()
	switch {
	case t.Kind == KindText && len(t.Enum) == 1:
		s = strconv.Quote(t.Enum[0])
	case t.Kind == KindText && t.Enum != nil:
		s = "one of " + listed(t.Enum)
	case t.Kind == KindDecimal && t.Money:
		s = strings.TrimSuffix("money in "+t.Currency, " in ")
	case t.Kind == KindList && t.Elem != nil:
		s = "list of " + t.Elem.String()
	}
	if t.Nullable && t.Kind != KindNull {
		s += " or null"
	}
	return s
}

// listed joins names for a message and cuts long lists.
func listed(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func (t *Type) number() bool { return t.Kind == KindInt || t.Kind == KindDecimal }

// currencyField returns the slot of the field that holds a record's currency.
func (t *Type) currencyField() (int, bool) {
	name := t.CurrencyField
	if name == "" {
		name = "currency"
	}
	i, ok := t.Slot(name)
	return i, ok && t.Fields[i].Type.Kind == KindText
}
