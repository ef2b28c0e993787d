package canonical

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// Check checks a decoded record against the file's rules in a fraction of the time that Validate takes: required, min, max,
// length, scale, enum. What it lets pass, Validate lets pass too. What is computed or has a default may be absent. Errors
// are Permanent, with the field's path.
func (e *Entity) Check(v expr.Value) error {
	if v.Kind() != expr.KindRecord {
		return refuse(sihe.CodeJSONType, "check the record: %s is no record", v.Kind())
	}
	if err := e.present(e.Fields, v.Slots()); err != nil {
		return err
	}
	if err := e.within(e.Fields, v.Slots()); err != nil {
		return err
	}
	return nil
}

// Settled returns a record that a mapping has made as reading it from JSON would give it: whole numbers are decimals where the
// field is one.
func (e *Entity) Settled(v expr.Value) expr.Value {
	settled, _ := settled(e.Fields, v)
	return settled
}

// settled copies what it changes.
func settled(fields []*Field, v expr.Value) (expr.Value, bool) {
	var slots []expr.Value
	set := func(slot int, x expr.Value) {
		if slots == nil {
			slots = slices.Clone(v.Slots())
		}
		slots[slot] = x
	}
	for _, f := range fields {
		x := v.Slot(f.slot)
		switch {
		case x.IsNull():
		case x.Kind() == expr.KindInt && f.Type.Kind == expr.KindDecimal:
			set(f.slot, expr.DecimalValue(x.Decimal()))
		case f.Kind == KindRecord && x.Kind() == expr.KindRecord:
			if inner, changed := settled(f.Fields, x); changed {
				set(f.slot, inner)
			}
		case f.Kind == KindList && x.Kind() == expr.KindList:
			var rows []expr.Value
			for i, row := range x.List() {
				inner, changed := settled(f.Fields, row)
				if changed && rows == nil {
					rows = slices.Clone(x.List())
				}
				if changed {
					rows[i] = inner
				}
			}
			if rows != nil {
				set(f.slot, expr.ListValue(rows))
			}
		}
	}
	if slots == nil {
		return v, false
	}
	return expr.RecordValue(slots), true
}

// within checks the values that are there.
func (e *Entity) within(fields []*Field, slots []expr.Value) *sihe.Error {
	for _, f := range fields {
		v := slots[f.slot]
		switch {
		case v.IsNull():
		case f.Kind == KindRecord && v.Kind() == expr.KindRecord:
			if err := e.within(f.Fields, v.Slots()); err != nil {
				return under(f.Name, err)
			}
		case f.Kind == KindList && v.Kind() == expr.KindList:
			if n := len(v.List()); f.MaxLength > 0 && n > f.MaxLength {
				return refuse(sihe.CodeValueLength, "check the record: %d lines, more than %d", n, f.MaxLength).At(f.Name)
			}
			for i, line := range v.List() {
				if err := e.within(f.Fields, line.Slots()); err != nil {
					return under(f.Name+"["+strconv.Itoa(i)+"]", err)
				}
			}
		default:
			if err := e.checked(f, &v); err != nil { // a copy: amounts get their places later
				return err
			}
		}
	}
	return nil
}

// checked checks one field of a record against its rules and gives amounts their places.
func (e *Entity) checked(f *Field, v *expr.Value) *sihe.Error {
	if f.Kind == KindList && v.Kind() == expr.KindList {
		return e.checkedLines(f, v.List())
	}
	if v.IsNull() {
		if e.mustHave(f) {
			return missing(f)
		}
		return nil
	}
	if v.Kind() == expr.KindInt && f.Type.Kind == expr.KindDecimal {
		*v = expr.DecimalValue(v.Decimal())
	}
	if v.Kind() != f.Type.Kind {
		return refuse(sihe.CodeValueType, "check the record: found %s, needed %s", v.Kind(), typeName(f.Type)).At(f.Name)
	}
	var err *sihe.Error
	switch f.Type.Kind {
	case expr.KindRecord:
		for _, x := range f.Fields {
			if err := e.checked(x, &v.Slots()[x.slot]); err != nil {
				return under(f.Name, err)
			}
		}
	case expr.KindInt, expr.KindDecimal:
		err = checkedNumber(f, v)
	case expr.KindText:
		err = checkedText(f, v.Text())
	default:
	}
	if err != nil {
		return err.At(f.Name)
	}
	return nil
}

func (e *Entity) checkedLines(f *Field, lines []expr.Value) *sihe.Error {
	if len(lines) == 0 && f.Required {
		return refuse(sihe.CodeValueRequired, "check the record: %s needs a line", f.Label.En).At(f.Name)
	}
	if f.MaxLength > 0 && len(lines) > f.MaxLength {
		return refuse(sihe.CodeValueLength, "check the record: %d lines, more than %d", len(lines), f.MaxLength).At(f.Name)
	}
	for i, line := range lines {
		slots := line.Slots()
		for _, x := range f.Fields {
			if err := e.checked(x, &slots[x.slot]); err != nil {
				return under(f.Name+"["+strconv.Itoa(i)+"]", err)
			}
		}
	}
	return nil
}

func checkedNumber(f *Field, v *expr.Value) *sihe.Error {
	d := v.Decimal()
	switch {
	case f.Kind != KindInt && !fits(d, f.Scale):
		return refuse(sihe.CodeValueScale, "check the record: %s has more than %d places", d, f.Scale)
	case f.Min != nil && d.Cmp(*f.Min) < 0:
		return refuse(sihe.CodeValueRange, "check the record: %s is less than %s%s", d, f.Min, because(f))
	case f.Max != nil && d.Cmp(*f.Max) > 0:
		return refuse(sihe.CodeValueRange, "check the record: %s is more than %s%s", d, f.Max, because(f))
	}
	if f.Kind == KindMoney && d.Scale() != f.Scale {
		padded, err := d.TryRound(f.Scale, sihe.Down)
		if err != nil {
			return refuse(sihe.CodeDecimalRange, "check the record: %s with %d places has more than %d digits", d, f.Scale, sihe.MaxDigits)
		}
		*v = expr.DecimalValue(padded)
	}
	return nil
}

func because(f *Field) string {
	if f.Why.En == "" {
		return ""
	}
	return ": " + f.Why.En
}

func checkedText(f *Field, s string) *sihe.Error {
	switch {
	case f.Kind == KindEnum:
		if _, err := text(f.Type, s); err != nil {
			return err
		}
	case f.MaxLength > 0 && utf8.RuneCountInString(s) > f.MaxLength:
		return refuse(sihe.CodeValueLength, "check the record: %d characters, more than %d%s", utf8.RuneCountInString(s), f.MaxLength, because(f))
	case f.Kind == KindCurrency && !isCurrency(s):
		return refuse(sihe.CodeValueType, "check the record: %q is not a currency code like CNY", shown(s))
	case f.Kind == KindJSON && (tooDeep([]byte(s)) || !jsontext.Value(s).IsValid()):
		return refuse(sihe.CodeValueType, "check the record: the text is not JSON")
	case !utf8.ValidString(s):
		return refuse(sihe.CodeJSONUTF8, "check the record: the text is not UTF-8")
	}
	return nil
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}
