package expr

import (
	"errors"
	"testing"

	"github.com/sihehub/sihe"
)

// seeds are the manual's examples and what is awkward.
func seeds() []string {
	all := []string{
		"sum(lines, l => l.quantity * l.unit_price * (1 - (l.discount ?? 0)))", "if(hours == null || fee == null, 1, hours + fee)",
		"`2nd name` + 客户名称", "sum（lines，l => l.amount）", "a ? b : c", "lines[0]", "“x", "((((", "1..2", "\"\\u4e2d\"", "\"\\ud800\"", "round(-1 / 3, -2, \"up\")",
		"sum(parcels.items.qty)", "first(payments).amount ?? 0", "allocate(cny, lines.amount)", "out.amount + sum(out.rows.net)", "xref(\"party\", remark, null)",
		"substr(order_no, -9223372036854775807, 9223372036854775807)", "-9223372036854775807 - 2", "1e5", "0x10", "9999999999999999999999999999999999 * 10",
		"parse_date(order_no, \"yyyy-MM-dd\")", "format_date(order_date, \"d/M/yy\")", "x => y => z", "workday(order_date, -3)", "`", "'",
		"max(payments.paid_on)", "pad(\"\", 1000, \"中\")", "matches(order_no, \"(a+)+$\")", "from_unix(-9223372036854775807, \"ms\")",
	}
	for _, f := range Functions() {
		all = append(all, f.Example)
	}
	return all
}

// FuzzExpression compiles and computes any text: no panic, problems inside of the text, errors with a code, values of
// the type that was promised.
func FuzzExpression(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, frame := orderScope()
		p, problems := Compile(text, scope)
		for _, x := range problems {
			if x.Offset < 0 || x.Offset > len([]rune(text)) || x.Code == "" || x.Message == "" {
				t.Fatalf("%q: %+v", text, x)
			}
			if _, ok := sihe.Explain(x.Code); !ok {
				t.Fatalf("%q: code %s is not explained", text, x.Code)
			}
		}
		if (p == nil) != (len(problems) > 0) {
			t.Fatalf("%q: program %v, problems %v", text, p, problems)
		}
		if p == nil {
			return
		}
		v, err := p.Eval(frame)
		var own *sihe.Error
		if err != nil {
			if !errors.As(err, &own) || own.Code == sihe.CodeInternal {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		check(t, text, p.Type(), v)
		again, err := p.Eval(frame)
		if err != nil && sihe.CodeOf(err) != sihe.CodeExprBudget || err == nil && !again.Equal(v) {
			t.Fatalf("%q: first %s, then %s, %v", text, v, again, err)
		}
	})
}

// check compares a value with its type.
func check(t *testing.T, text string, typ *Type, v Value) {
	t.Helper()
	switch {
	case v.IsNull():
		if !typ.Nullable {
			t.Fatalf("%q is null, its type is %s", text, typ)
		}
	case v.Kind() == KindInt && typ.Kind == KindDecimal:
	case v.Kind() != typ.Kind:
		t.Fatalf("%q is %s, its type is %s", text, v.Kind(), typ)
	case typ.Kind == KindDecimal && typ.Scale != AnyScale && v.Decimal().Scale() > typ.Scale:
		t.Fatalf("%q is %s, its type has %d places", text, v, typ.Scale)
	case typ.Kind == KindText && typ.Enum != nil:
		for _, e := range typ.Enum {
			if e == v.Text() {
				return
			}
		}
		t.Fatalf("%q is %q, its type is %s", text, v.Text(), typ)
	case typ.Kind == KindList:
		for _, item := range v.List() {
			check(t, text, typ.Elem, item)
		}
	case typ.Kind == KindRecord:
		for i, f := range typ.Fields {
			check(t, text, f.Type, v.Slot(i))
		}
	}
}
