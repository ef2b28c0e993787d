package expr

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/sihehub/sihe"
)

// A Value is a computed value. It is immutable; the zero Value is null. Accessors of another kind than the value's
// return that kind's zero value, except that Decimal also reads an int.
//
// It has four words so that the compiler keeps it in registers: with a string and a slice in it, every closure would
// copy it through memory and expressions take three times as long. What p points to follows from the kind.
type Value struct {
	kind Kind
	exp  int32          // exponent of a decimal, nanoseconds of a time
	n    int64          // bool, int, coefficient, days, seconds; length of a text, list or record
	p    unsafe.Pointer // bytes of a text, items of a list or record, *sihe.Decimal beyond 64 bits
}

// NullValue returns null.
func NullValue() Value { return Value{} }

// BoolValue returns a truth value.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: KindBool, n: 1}
	}
	return Value{kind: KindBool}
}

// IntValue returns an integer.
func IntValue(n int64) Value { return Value{kind: KindInt, n: n} }

// DecimalValue returns a decimal.
func DecimalValue(d sihe.Decimal) Value {
	if n, e, ok := d.Parts(); ok {
		return Value{kind: KindDecimal, n: n, exp: e}
	}
	return bigDecimal(d)
}

// bigDecimal is apart from DecimalValue so that only numbers beyond 64 bits go to the heap.
func bigDecimal(d sihe.Decimal) Value {
	return Value{kind: KindDecimal, p: unsafe.Pointer(&d)} //nolint:gosec // read back by Decimal alone
}

// TextValue returns a text.
func TextValue(s string) Value {
	return Value{kind: KindText, n: int64(len(s)), p: unsafe.Pointer(unsafe.StringData(s))} //nolint:gosec // read back by Text alone
}

// DateValue returns a calendar date.
func DateValue(d Date) Value { return Value{kind: KindDate, n: int64(d)} }

// TimeValue returns an instant. The zone in which it was written is not kept.
func TimeValue(t time.Time) Value {
	return Value{kind: KindTime, n: t.Unix(), exp: int32(t.Nanosecond())} //nolint:gosec // below 1e9
}

// ListValue returns a list of these items, which the caller must not change afterwards.
func ListValue(items []Value) Value { return many(KindList, items) }

// RecordValue returns a record with these slots, in the order of its Type's Fields. The caller must not change them
// afterwards.
func RecordValue(slots []Value) Value { return many(KindRecord, slots) }

func many(k Kind, items []Value) Value {
	return Value{kind: k, n: int64(len(items)), p: unsafe.Pointer(unsafe.SliceData(items))} //nolint:gosec // read back by items alone
}

// items is what many was given.
func (v Value) items() []Value { return unsafe.Slice((*Value)(v.p), v.n) } //nolint:gosec // see many

// Kind returns the value's kind; KindNull for null, whatever its type.
func (v Value) Kind() Kind { return v.kind }

// IsNull says whether the value is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Bool returns a truth value.
func (v Value) Bool() bool { return v.kind == KindBool && v.n != 0 }

// Int returns an integer.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return v.n
}

// Decimal returns a decimal or an integer as one.
func (v Value) Decimal() sihe.Decimal {
	switch {
	case v.kind == KindDecimal && v.p != nil:
		return *(*sihe.Decimal)(v.p)
	case v.kind == KindDecimal || v.kind == KindInt:
		return sihe.NewDecimal(v.n, v.exp)
	}
	return sihe.Decimal{}
}

// Text returns a text.
func (v Value) Text() string {
	if v.kind != KindText {
		return ""
	}
	return unsafe.String((*byte)(v.p), v.n) //nolint:gosec // see TextValue
}

// Date returns a calendar date.
func (v Value) Date() Date {
	if v.kind != KindDate {
		return 0
	}
	return Date(v.n) //nolint:gosec // made from a Date
}

// Time returns an instant, in UTC.
func (v Value) Time() time.Time {
	if v.kind != KindTime {
		return time.Time{}
	}
	return time.Unix(v.n, int64(v.exp)).UTC()
}

// List returns the items of a list, which must not be changed.
func (v Value) List() []Value {
	if v.kind != KindList {
		return nil
	}
	return v.items()
}

// Slot returns one slot of a record; null when it has not that many.
func (v Value) Slot(i int) Value {
	if v.kind != KindRecord || i >= int(v.n) {
		return Value{}
	}
	return v.items()[i]
}

// Slots returns all slots of a record, which must not be changed.
func (v Value) Slots() []Value {
	if v.kind != KindRecord {
		return nil
	}
	return v.items()
}

// Equal says whether both are the same value: numbers by value (2 equals 2.00), lists and records item by item. Null
// equals only null.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		number := (v.kind == KindInt || v.kind == KindDecimal) && (w.kind == KindInt || w.kind == KindDecimal)
		return number && v.Decimal().Cmp(w.Decimal()) == 0
	}
	switch v.kind {
	case KindText:
		return v.Text() == w.Text()
	case KindDecimal:
		return v.Decimal().Cmp(w.Decimal()) == 0
	case KindList, KindRecord:
		return slices.EqualFunc(v.items(), w.items(), Value.Equal)
	default:
		return v.n == w.n && v.exp == w.exp
	}
}

// String shows the value in messages and tests: a text as it is, a list as [a, b], a record as {a, b}.
func (v Value) String() string {
	switch v.kind {
	case KindBool:
		return strconv.FormatBool(v.n != 0)
	case KindInt:
		return strconv.FormatInt(v.n, 10)
	case KindDecimal:
		return v.Decimal().String()
	case KindText:
		return v.Text()
	case KindDate:
		return v.Date().String()
	case KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case KindList:
		return "[" + shown(v.items()) + "]"
	case KindRecord:
		return "{" + shown(v.items()) + "}"
	default:
		return "null"
	}
}

func shown(items []Value) string {
	parts := make([]string, len(items))
	for i, v := range items {
		parts[i] = v.String()
	}
	return strings.Join(parts, ", ")
}
