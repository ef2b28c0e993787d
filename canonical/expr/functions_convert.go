package expr

import (
	"strconv"

	"github.com/sihehub/sihe"
)

func convertFunctions() []builtin {
	return []builtin{
		{Function{Signature: "text(value)", En: "number, date, time or bool as text", Zh: "把数字、日期、时间或布尔值转为文本", Example: `text(12.50)`, Result: "12.50"}, 1, 1, compileText},
		{Function{Signature: "int(value)", En: "text or decimal as an integer; a fraction is an error (round first)", Zh: "把文本或小数转为整数；有小数部分时报错（请先 round）", Example: `int("0042")`, Result: "42"}, 1, 1, compileInt},
		{Function{Signature: "decimal(value)", En: "text or integer as a decimal, digit for digit", Zh: "把文本或整数精确转为小数", Example: `decimal("19.990")`, Result: "19.990"}, 1, 1, compileDecimal},
	}
}

func compileText(c *checker, s *syntax) node {
	a := c.value(s.args[0])
	if !c.want(a, KindText, KindDecimal, KindDate, KindTime, KindBool) {
		return c.silent(s)
	}
	result := texts()
	if a.typ.Kind == KindText {
		result = a.typ
	}
	return c.applied(s, result, func(f *Frame, x, _, _ Value) Value { return f.made(x.String()) }, a)
}

func compileInt(c *checker, s *syntax) node {
	a := c.value(s.args[0])
	if !c.want(a, KindText, KindDecimal) {
		return c.silent(s)
	}
	return c.applied(s, ints(), func(_ *Frame, x, _, _ Value) Value {
		if x.kind == KindText {
			n, err := strconv.ParseInt(x.Text(), 10, 64)
			if err != nil || x.Text()[0] == '+' {
				fail(sihe.CodeExprValue, "read %.40q: not an integer", x.Text())
			}
			return IntValue(n)
		}
		n, ok := x.Decimal().Int64()
		if !ok {
			fail(sihe.CodeExprValue, "make an integer of %s: it has a fraction or is too large", x)
		}
		return IntValue(n)
	}, a)
}

func compileDecimal(c *checker, s *syntax) node {
	a := c.value(s.args[0])
	if !c.want(a, KindText, KindDecimal) {
		return c.silent(s)
	}
	result := DecimalType(AnyScale)
	if a.typ.Kind != KindText {
		result = DecimalType(a.typ.places())
	}
	return c.applied(s, result, func(_ *Frame, x, _, _ Value) Value {
		if x.kind != KindText {
			return DecimalValue(x.Decimal())
		}
		d, err := sihe.ParseDecimal(x.Text())
		if err != nil {
			panic(err) // caught by Eval, with its own code
		}
		return DecimalValue(d)
	}, a)
}
