package expr

import (
	"math/bits"

	"github.com/sihehub/sihe"
)

func (c *checker) arithmetic(s *syntax) node {
	a, b := c.node(s.args[0]), c.node(s.args[1])
	if a.typ == nil || b.typ == nil {
		return c.silent(s)
	}
	if s.text == "+" && a.typ.Kind == KindText && b.typ.Kind == KindText {
		return c.glue(s, a, b)
	}
	if hint := otherThanNumbers(s.text, a.typ, b.typ); hint != "" {
		return c.bad(s, sihe.CodeExprType, hint, "%s %s %s: only numbers can be computed with", a.typ, s.text, b.typ)
	}
	if x, y := c.want(a, KindDecimal), c.want(b, KindDecimal); !x || !y {
		return c.silent(s)
	}
	n := c.joined(s, a, b)
	var check func(*Frame)
	n.typ, check = c.numberType(s, a.typ, b.typ)
	switch {
	case n.typ == nil:
		return c.silent(s)
	case s.text == "/" || a.quotient != nil || b.quotient != nil:
		n.quotient, n.division = fraction(s.text, a, b), s.mark
		if s.text != "/" {
			n.division = max(a.division, b.division)
		}
	case n.typ.Kind == KindInt:
		n.run = integers(s.text, a.run, b.run)
	default:
		n.run = decimals(s.text, a.run, b.run)
	}
	if check != nil {
		n.run, n.quotient = checkedFirst(check, n)
	}
	return c.folded(n)
}

// checkedFirst runs the check of two currencies before the sum.
func checkedFirst(check func(*Frame), n node) (func(*Frame) Value, func(*Frame) (sihe.Decimal, sihe.Decimal)) {
	run, quotient := n.run, n.quotient
	if quotient != nil {
		return nil, func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			check(f)
			return quotient(f)
		}
	}
	return func(f *Frame) Value {
		check(f)
		return run(f)
	}, nil
}

// glue joins two texts.
func (c *checker) glue(s *syntax, a, b node) node {
	if x, y := c.want(a, KindText), c.want(b, KindText); !x || !y {
		return c.silent(s)
	}
	n := c.joined(s, a, b)
	n.typ = &Type{Kind: KindText}
	left, right := a.run, b.run
	n.run = func(f *Frame) Value {
		x, y := left(f).Text(), right(f).Text()
		f.room(len(x) + len(y))
		return TextValue(x + y)
	}
	return c.folded(n)
}

// otherThanNumbers says what to write for dates and texts.
func otherThanNumbers(operator string, a, b *Type) string {
	day := func(t *Type) bool { return t.Kind == KindDate || t.Kind == KindTime }
	switch {
	case operator == "-" && day(a) && day(b):
		return "write days_between(from, to)"
	case day(a) && b.number():
		return "write add_days(date, n)"
	case operator == "+" && (a.Kind == KindText || b.Kind == KindText):
		return "join texts: concat(a, text(b))"
	}
	return ""
}

// numberType returns the type of an operation on numbers, and a check of the currencies where only the record can tell.
func (c *checker) numberType(s *syntax, a, b *Type) (*Type, func(*Frame)) {
	if a.Kind == KindInt && b.Kind == KindInt && s.text != "/" {
		return &Type{Kind: KindInt}, nil
	}
	t := &Type{Kind: KindDecimal, Scale: AnyScale}
	switch s.text {
	case "+", "-":
		t.Scale, t.Money = widest(a, b), a.Money || b.Money
		if t.Money {
			var check func(*Frame)
			t.Currency, t.currency, check = c.mixed(s.mark, a, b)
			return t, check
		}
	case "*":
		if a.Money && b.Money {
			c.problem(s.mark, sihe.CodeExprCurrency, "multiply an amount by a plain number", "an amount times an amount is no amount")
			return nil, nil
		}
		if x, y := a.places(), b.places(); x != AnyScale && y != AnyScale {
			t.Scale = x + y
		}
		t.Money, t.Currency, t.currency = a.Money || b.Money, a.Currency+b.Currency, a.currency
		if b.Money {
			t.currency = b.currency
		}
	case "/":
		if a.Money && b.Money {
			_, _, check := c.mixed(s.mark, a, b)
			return t, check
		}
		t.Money, t.Currency, t.currency = a.Money, a.Currency, a.currency
	}
	return t, nil
}

// decimals computes in decimals. Were it inlined, the compiler would not inline what its closures call.
//
//go:noinline
func decimals(operator string, a, b func(*Frame) Value) func(*Frame) Value {
	switch operator {
	case "+":
		return func(f *Frame) Value { return DecimalValue(a(f).Decimal().Add(b(f).Decimal())) }
	case "-":
		return func(f *Frame) Value { return DecimalValue(a(f).Decimal().Sub(b(f).Decimal())) }
	default:
		return func(f *Frame) Value { return DecimalValue(a(f).Decimal().Mul(b(f).Decimal())) }
	}
}

// integers computes in integers; see decimals.
//
//go:noinline
func integers(operator string, a, b func(*Frame) Value) func(*Frame) Value {
	switch operator {
	case "+":
		return func(f *Frame) Value { return addInts(a(f).n, b(f).n) }
	case "-":
		return func(f *Frame) Value { return subtractInts(a(f).n, b(f).n) }
	default:
		return func(f *Frame) Value { return multiplyInts(a(f).n, b(f).n) }
	}
}

func addInts(a, b int64) Value {
	s := a + b
	if (s > a) != (b > 0) {
		fail(sihe.CodeExprRange, "%d + %d: the integer is too large", a, b)
	}
	return IntValue(s)
}

func subtractInts(a, b int64) Value {
	s := a - b
	if (s < a) != (b > 0) {
		fail(sihe.CodeExprRange, "%d - %d: the integer is too large", a, b)
	}
	return IntValue(s)
}

func multiplyInts(a, b int64) Value {
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b))) //nolint:gosec // the smallest int64 stays itself
	if hi != 0 || lo > 1<<63-1 {
		fail(sihe.CodeExprRange, "%d * %d: the integer is too large", a, b)
	}
	return IntValue(a * b)
}

// fraction computes with quotients as numerator and divisor, so that whatever is divided is rounded once, at the end.
func fraction(operator string, a, b node) func(*Frame) (sihe.Decimal, sihe.Decimal) {
	x, y := parts(a), parts(b)
	switch operator {
	case "/":
		return func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			n, d := x(f)
			m, e := y(f)
			if m.Sign() == 0 {
				fail(sihe.CodeDivisionByZero, "divide %s by zero", n)
			}
			return n.Mul(e), d.Mul(m)
		}
	case "*":
		return func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			n, d := x(f)
			m, e := y(f)
			return n.Mul(m), d.Mul(e)
		}
	case "-":
		return func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			n, d := x(f)
			m, e := y(f)
			return n.Mul(e).Sub(m.Mul(d)), d.Mul(e)
		}
	default:
		return func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			n, d := x(f)
			m, e := y(f)
			return n.Mul(e).Add(m.Mul(d)), d.Mul(e)
		}
	}
}

// parts returns a node as a fraction; see decimals.
//
//go:noinline
func parts(n node) func(*Frame) (sihe.Decimal, sihe.Decimal) {
	if n.quotient != nil {
		return n.quotient
	}
	run, one := n.run, sihe.DecimalFromInt(1)
	return func(f *Frame) (sihe.Decimal, sihe.Decimal) { return run(f).Decimal(), one }
}
