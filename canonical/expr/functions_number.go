package expr

import (
	"github.com/sihehub/sihe"
)

// Places to which a number can be rounded.
const (
	leastPlaces = -18
	mostPlaces  = 30
)

func numberFunctions() []builtin {
	return []builtin{
		{Function{Signature: "round(number, places[, mode])", En: `rounded once to places; mode is "half_up" (if left out), "half_even", "down" or "up"`, Zh: "按位数舍入一次；mode 默认 half_up（四舍五入），另有 half_even、down、up", Example: `round(100 / 3, 2)`, Result: "33.33"}, 2, 3, compileRound},
		{Function{Signature: "round_money(amount, currency[, mode])", En: "rounded to the minor unit of the currency (ISO 4217)", Zh: "按币种最小单位舍入（ISO 4217）", Example: `round_money(1234.5, "JPY")`, Result: "1235"}, 2, 3, compileRoundMoney},
		{Function{Signature: "div(a, b, places[, mode])", En: "a / b rounded once to places", Zh: "a / b 按位数舍入一次", Example: `div(1, 3, 4)`, Result: "0.3333"}, 3, 4, compileDiv},
		{Function{Signature: "abs(number)", En: "without its sign", Zh: "绝对值", Example: `abs(-12.5)`, Result: "12.5"}, 1, 1, compileAbs},
		{Function{Signature: "allocate(total, weights[, places])", En: "the total split by weights into amounts that add up to it", Zh: "按权重分摊，各份之和恰等于总额", Example: `allocate(100.00, map(lines, l => l.quantity))`, Result: "[66.67, 33.33]"}, 2, 3, compileAllocate},
	}
}

// mode reads the rounding mode, the argument at i.
func (c *checker) mode(s *syntax, i int) (sihe.Rounding, bool) {
	if len(s.args) <= i {
		return sihe.HalfUp, true
	}
	m, ok := c.oneOf(s.args[i], "the rounding mode", string(sihe.HalfUp), string(sihe.HalfEven), string(sihe.Down), string(sihe.Up))
	return sihe.Rounding(m), ok
}

// places checks the number of places; scale is what is known of it.
func (c *checker) places(n node) (scale int, ok bool) {
	if !c.want(n, KindInt) {
		return 0, false
	}
	if !n.constant {
		return AnyScale, true
	}
	if n.value.n < leastPlaces || n.value.n > mostPlaces {
		c.problem(n.at, sihe.CodeExprArgument, "", "places must be from %d to %d", leastPlaces, mostPlaces)
		return 0, false
	}
	return int(max(0, n.value.n)), true
}

func checkedPlaces(v Value) int {
	if v.n < leastPlaces || v.n > mostPlaces {
		fail(sihe.CodeExprValue, "round to %d places: they must be from %d to %d", v.n, leastPlaces, mostPlaces)
	}
	return int(v.n)
}

// must hands an error of decimal arithmetic to Eval.
func must(d sihe.Decimal, err error) Value {
	if err != nil {
		panic(err)
	}
	return DecimalValue(d)
}

func compileRound(c *checker, s *syntax) node {
	a, places := c.node(s.args[0]), c.value(s.args[1])
	if places.typ != nil && places.typ.Kind == KindText {
		c.problem(places.at, sihe.CodeExprArgument, "write round_money(amount, currency)", "round to a currency")
		return c.silent(s)
	}
	mode, ok := c.mode(s, 2)
	scale, known := c.places(places)
	if !c.want(a, KindDecimal) || !ok || !known {
		return c.silent(s)
	}
	n := c.joined(s, a, places)
	n.typ = a.typ.scaled(scale)
	n.run = rounding(a, places, mode)
	return c.folded(n)
}

// scaled is a decimal of the same currency with these places.
func (t *Type) scaled(places int) *Type {
	r := *t
	r.Kind, r.Scale, r.Nullable = KindDecimal, places, false
	return &r
}

// rounding computes a number or a quotient to places.
func rounding(a, places node, mode sihe.Rounding) func(*Frame) Value {
	run, quotient, to := a.run, a.quotient, places.run
	switch {
	case quotient != nil:
		return func(f *Frame) Value {
			p := checkedPlaces(to(f))
			n, d := quotient(f)
			return must(n.TryDiv(d, p, mode))
		}
	case places.constant:
		p := int(places.value.n)
		return func(f *Frame) Value { return must(run(f).Decimal().TryRound(p, mode)) }
	default:
		return func(f *Frame) Value {
			p := checkedPlaces(to(f))
			return must(run(f).Decimal().TryRound(p, mode))
		}
	}
}

// compileRoundMoney rounds to the minor unit. The result is money in that currency.
func compileRoundMoney(c *checker, s *syntax) node {
	a, code := c.node(s.args[0]), c.value(s.args[1])
	mode, ok := c.mode(s, 2)
	if x, y := c.want(a, KindDecimal), c.want(code, KindText); !x || !y || !ok {
		return c.silent(s)
	}
	result := &Type{Kind: KindDecimal, Money: true, Scale: AnyScale}
	read := code.run
	places := node{run: func(f *Frame) Value { return IntValue(int64(f.minorOf(read(f).Text()))) }}
	if code.constant {
		units, known := minorUnits(code.value.Text())
		if !known {
			c.problem(code.at, sihe.CodeExprCurrency, closest(code.value.Text(), commonCurrencies()), "%q is no ISO 4217 currency with a minor unit", code.value.Text())
			return c.silent(s)
		}
		result.Scale, result.Currency = units, code.value.Text()
		places = constantOf(s.args[1], ints(), IntValue(int64(units)))
	} else {
		result.currency = c.currencyNamed(code)
	}
	var check func(*Frame)
	if a.typ.Money {
		_, _, check = c.mixed(s.mark, a.typ, result)
	}
	n := c.joined(s, a, code)
	n.typ = result
	n.run = rounding(a, places, mode)
	if check != nil {
		n.run, _ = checkedFirst(check, n)
	}
	return c.folded(n)
}

// currencyNamed is the currency whose code a node computes: the document's own where it reads that field.
func (c *checker) currencyNamed(code node) *currency {
	if c.scope.Source != nil {
		if slot, ok := c.scope.Source.currencyField(); ok && code.path == "source."+c.scope.Source.Fields[slot].Name {
			return c.sourceCurrency()
		}
	}
	read := code.run
	return &currency{name: c.identity(code), loop: loopOf(code.path), read: func(f *Frame) string { return read(f).Text() }}
}

// minorOf returns the places of a currency's minor unit. One event asks for the same one again and again.
func (f *Frame) minorOf(code string) int {
	if code == f.currency && code != "" {
		return f.minor
	}
	units, ok := minorUnits(code)
	if !ok {
		fail(sihe.CodeExprCurrency, "round to %.10q: no ISO 4217 currency with a minor unit", code)
	}
	f.currency, f.minor = code, units
	return units
}

func compileDiv(c *checker, s *syntax) node {
	a, b, places := c.node(s.args[0]), c.node(s.args[1]), c.value(s.args[2])
	mode, ok := c.mode(s, 3)
	scale, known := c.places(places)
	if x, y := c.want(a, KindDecimal), c.want(b, KindDecimal); !x || !y || !ok || !known {
		return c.silent(s)
	}
	over := *s
	over.text = "/"
	typ, check := c.numberType(&over, a.typ, b.typ)
	n := c.joined(s, a, b, places)
	n.typ = typ.scaled(scale)
	n.run = rounding(node{quotient: fraction("/", a, b)}, places, mode)
	if check != nil {
		n.run, _ = checkedFirst(check, n)
	}
	return c.folded(n)
}

func compileAbs(c *checker, s *syntax) node {
	args, ok := c.arguments(s, KindDecimal)
	if !ok {
		return c.silent(s)
	}
	if args[0].typ.Kind == KindInt {
		return c.applied(s, ints(), func(_ *Frame, x, _, _ Value) Value {
			if x.n < 0 {
				return subtractInts(0, x.n)
			}
			return x
		}, args...)
	}
	return c.applied(s, args[0].typ, func(_ *Frame, x, _, _ Value) Value {
		if d := x.Decimal(); d.Sign() < 0 {
			return DecimalValue(d.Neg())
		}
		return x
	}, args...)
}

// compileAllocate splits by cumulative rounding: each part is the rounded total up to it less the parts before, so the
// parts add up and none is off by a whole unit.
func compileAllocate(c *checker, s *syntax) node {
	total, weights := c.value(s.args[0]), c.value(s.args[1])
	x, y := c.want(total, KindDecimal), c.wantList(weights)
	if !x || !y {
		return c.silent(s)
	}
	if e := weights.typ.Elem; !e.number() || e.Nullable {
		c.problem(weights.at, sihe.CodeExprType, "use map(list, l => …)", "the weights are %s, wanted a list of numbers", weights.typ)
		return c.silent(s)
	}
	scale := total.typ.places()
	if units, ok := minorUnits(total.typ.Currency); ok {
		scale = units
	}
	operands := []node{total, weights}
	if len(s.args) == 3 {
		p := c.value(s.args[2])
		known, ok := c.places(p)
		if !ok {
			return c.silent(s)
		}
		if scale = known; scale == AnyScale {
			c.problem(p.at, sihe.CodeExprArgument, "", "places must be constant")
			return c.silent(s)
		}
	}
	n := c.joined(s, operands...)
	n.typ = ListType(total.typ.scaled(scale))
	whole, shares := total.run, weights.run
	n.run = func(f *Frame) Value {
		d := whole(f).Decimal()
		places := scale
		if places == AnyScale {
			places = d.Scale()
		}
		items := shares(f).List()
		f.spend(len(items))
		return ListValue(allocated(d, items, places))
	}
	return n
}

func allocated(total sihe.Decimal, weights []Value, places int) []Value {
	var sum sihe.Decimal
	for _, w := range weights {
		if w.Decimal().Sign() < 0 {
			fail(sihe.CodeExprValue, "allocate %s: a weight is negative", total)
		}
		sum = sum.Add(w.Decimal())
	}
	if rounded := total.Round(places); rounded.Cmp(total) != 0 {
		fail(sihe.CodeExprValue, "allocate %s: it has more than %d places", total, places)
	}
	if sum.Sign() == 0 {
		if len(weights) == 0 && total.Sign() == 0 {
			return nil
		}
		fail(sihe.CodeExprValue, "allocate %s: the weights add up to zero", total)
	}
	parts := make([]Value, len(weights))
	var weight, before sihe.Decimal
	for i, w := range weights {
		weight = weight.Add(w.Decimal())
		upTo := total.Mul(weight).Div(sum, places)
		parts[i] = DecimalValue(upTo.Sub(before))
		before = upTo
	}
	return parts
}
