package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

// unify returns the type of a value that is of one type or the other; nil when they do not fit together.
func (c *checker) unify(at int, a, b *Type) *Type {
	nullable := a.Nullable || b.Nullable
	switch {
	case a.Kind == KindNull:
		return b.OrNull(true)
	case b.Kind == KindNull:
		return a.OrNull(true)
	case a.number() && b.number():
		if a.Kind == KindInt && b.Kind == KindInt {
			return a.OrNull(nullable)
		}
		t := &Type{Kind: KindDecimal, Nullable: nullable, Money: a.Money || b.Money, Scale: widest(a, b)}
		t.Currency, t.currency = c.either(at, a, b)
		return t
	case a.Kind != b.Kind:
		return nil
	case a.Kind == KindText:
		t := &Type{Kind: KindText, Nullable: nullable}
		if a.Enum != nil && b.Enum != nil {
			t.Enum = slices.Clone(a.Enum)
			for _, v := range b.Enum {
				if !slices.Contains(t.Enum, v) {
					t.Enum = append(t.Enum, v)
				}
			}
		}
		return t
	case a.Kind == KindList:
		elem := c.unify(at, a.Elem, b.Elem)
		if elem == nil {
			return nil
		}
		return &Type{Kind: KindList, Nullable: nullable, Elem: elem}
	case a.Kind == KindRecord && !sameLayout(a, b):
		return nil
	}
	return a.OrNull(nullable)
}

// either is the currency of one amount or the other, as far as it is the same.
func (c *checker) either(at int, a, b *Type) (string, *currency) {
	code, cur, check := c.mixed(at, a, b)
	if check != nil {
		return "", nil
	}
	return code, cur
}

// widest returns the places that both numbers fit in.
func widest(a, b *Type) int {
	x, y := a.places(), b.places()
	if x == AnyScale || y == AnyScale {
		return AnyScale
	}
	return max(x, y)
}

func (t *Type) places() int {
	if t.Kind == KindInt {
		return 0
	}
	return t.Scale
}

func sameLayout(a, b *Type) bool {
	return a == b || slices.EqualFunc(a.Fields, b.Fields, func(x, y Field) bool { return x.Name == y.Name && x.Type.Kind == y.Type.Kind })
}

// Accepts says why a value of type from cannot be written where t is wanted; nil when it can. The problem's offset is 0.
func (t *Type) Accepts(from *Type) *Problem {
	refuse := func(code sihe.Code, suggestion, format string, args ...any) *Problem {
		return &Problem{Code: code, Suggestion: suggestion, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case from.Nullable && !t.Nullable:
		return refuse(sihe.CodeExprNull, "give a default: "+defaultFor("…", t), "the value may be null, the target needs %s", t)
	case from.Kind == KindNull:
		return nil
	case t.Kind == KindDecimal && from.number():
		return t.acceptsNumber(from, refuse)
	case t.Kind != from.Kind:
		return refuse(sihe.CodeExprType, conversion(from, t), "the value is %s, the target needs %s", from, t)
	case t.Kind == KindText && t.Enum != nil:
		if from.Enum == nil {
			return refuse(sihe.CodeExprEnum, "map it with lookup(…)", "the value is any text, the target only takes %s", listed(t.Enum))
		}
		for _, v := range from.Enum {
			if !slices.Contains(t.Enum, v) {
				return refuse(sihe.CodeExprEnum, closest(v, t.Enum), "the value may be %q, the target only takes %s", v, listed(t.Enum))
			}
		}
	case t.Kind == KindList:
		return t.Elem.Accepts(from.Elem)
	case t.Kind == KindRecord:
		if !sameLayout(t, from) {
			return refuse(sihe.CodeExprType, "set its fields one by one", "the record has other fields than the target")
		}
		for i, f := range t.Fields {
			if p := f.Type.Accepts(from.Fields[i].Type); p != nil {
				p.Message = "field " + f.Name + ": " + p.Message
				return p
			}
		}
	}
	return nil
}

func (t *Type) acceptsNumber(from *Type, refuse func(sihe.Code, string, string, ...any) *Problem) *Problem {
	if t.Currency != "" && from.Currency != "" && t.Currency != from.Currency {
		return refuse(sihe.CodeExprCurrency, "convert it first", "the value is in %s, the target in %s", from.Currency, t.Currency)
	}
	if t.Scale == AnyScale {
		return nil
	}
	hint := fmt.Sprintf("round it: round(…, %d)", t.Scale)
	switch places := from.places(); {
	case places == AnyScale:
		return refuse(sihe.CodeExprScale, hint, "the value may have any number of places, the target has %d", t.Scale)
	case places > t.Scale:
		return refuse(sihe.CodeExprScale, hint, "the value may have %d places, the target has %d", places, t.Scale)
	}
	return nil
}

// conversion suggests how to turn one type into another.
func conversion(from, to *Type) string {
	switch {
	case to.Kind == KindInt && from.Kind == KindDecimal:
		return "round(…, 0) or int(…)"
	case to.Kind == KindInt && from.Kind == KindText:
		return "int(…)"
	case to.Kind == KindDecimal && from.Kind == KindText:
		return "decimal(…)"
	case to.Kind == KindText && from.Kind == KindDate:
		return `text(…) or format_date(…, "yyyyMMdd")`
	case to.Kind == KindText && from.Kind == KindTime:
		return `text(…) or format_time(…, "yyyy-MM-dd HH:mm:ss", "Asia/Shanghai")`
	case to.Kind == KindText && from.Kind == KindList:
		return `join(…, ", ")`
	case to.Kind == KindText && from.Kind != KindRecord:
		return "text(…)"
	case to.Kind == KindDate && from.Kind == KindText:
		return `parse_date(…, "yyyy-MM-dd")`
	case to.Kind == KindDate && from.Kind == KindTime:
		return `date_in(…, "Asia/Shanghai")`
	case to.Kind == KindTime && from.Kind == KindDate:
		return `time_in(…, "00:00", "Asia/Shanghai")`
	case to.Kind == KindTime && from.Kind == KindText:
		return `parse_time(…, "yyyy-MM-dd HH:mm:ss", "Asia/Shanghai")`
	case to.Kind == KindBool && from.Kind != KindRecord && from.Kind != KindList:
		return "compare it, e.g. with =="
	}
	return ""
}

// defaultFor writes `x ?? default` with a default that fits.
func defaultFor(written string, t *Type) string {
	value := "…"
	switch {
	case t.number():
		value = "0"
	case t.Kind == KindBool:
		value = "false"
	case t.Kind == KindText && len(t.Enum) == 1:
		value = `"` + t.Enum[0] + `"`
	case t.Kind == KindText && t.Enum == nil:
		value = `""`
	}
	if strings.ContainsAny(written, " ") {
		written = "(" + written + ")"
	}
	return written + " ?? " + value
}
