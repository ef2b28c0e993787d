package expr

import (
	"cmp"
	"strings"

	"github.com/sihehub/sihe"
)

// want checks that a node has one of the kinds and is not null; false after a problem. An int also is a decimal.
func (c *checker) want(n node, kinds ...Kind) bool {
	if n.typ == nil {
		return false
	}
	fits := false
	for _, k := range kinds {
		fits = fits || n.typ.Kind == k || (k == KindDecimal && n.typ.Kind == KindInt)
	}
	if n.typ.Kind == KindNull {
		c.problem(n.at, sihe.CodeExprNull, "", "null cannot be used here")
		return false
	}
	if !fits {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = k.String()
		}
		c.problem(n.at, sihe.CodeExprType, conversion(n.typ, &Type{Kind: kinds[0]}), "%s is %s, wanted %s", c.written(n), n.typ, strings.Join(names, " or "))
		return false
	}
	if n.typ.Nullable {
		c.problem(n.at, sihe.CodeExprNull, "give a default: "+defaultFor(c.written(n), n.typ), "%s may be null here", c.written(n))
		return false
	}
	return true
}

func (c *checker) unary(s *syntax) node {
	if s.text == "!" {
		a := c.value(s.args[0])
		if !c.want(a, KindBool) {
			return c.silent(s)
		}
		n := c.joined(s, a)
		n.typ, n.yes, n.no = &Type{Kind: KindBool}, a.no, a.yes
		x := a.run
		n.run = func(f *Frame) Value { return BoolValue(x(f).n == 0) }
		return c.folded(n)
	}
	a := c.node(s.args[0])
	if !c.want(a, KindDecimal) {
		return c.silent(s)
	}
	n := c.joined(s, a)
	n.typ = a.typ
	switch {
	case a.quotient != nil:
		n.division = a.division
		q := a.quotient
		n.quotient = func(f *Frame) (sihe.Decimal, sihe.Decimal) {
			x, y := q(f)
			return x.Neg(), y
		}
	case a.typ.Kind == KindInt:
		x := a.run
		n.run = func(f *Frame) Value { return subtractInts(0, x(f).n) }
	default:
		x := a.run
		n.run = func(f *Frame) Value { return DecimalValue(x(f).Decimal().Neg()) }
	}
	return c.folded(n)
}

func (c *checker) binary(s *syntax) node {
	switch s.text {
	case "&&", "||":
		return c.logic(s)
	case "??":
		return c.orElse(s, c.value(s.args[0]), c.value(s.args[1]))
	case "==", "!=":
		return c.equality(s)
	case "<", "<=", ">", ">=":
		return c.order(s)
	}
	return c.arithmetic(s)
}

// logic compiles && and ||. The right side knows what the left one has tested.
func (c *checker) logic(s *syntax) node {
	a := c.value(s.args[0])
	tested := a.yes
	if s.text == "||" {
		tested = a.no
	}
	b := c.with(tested, func() node { return c.value(s.args[1]) })
	if left, right := c.want(a, KindBool), c.want(b, KindBool); !left || !right {
		return c.silent(s)
	}
	n := c.joined(s, a, b)
	n.typ = &Type{Kind: KindBool}
	x, y := a.run, b.run
	if s.text == "&&" {
		n.yes = append(append(n.yes, a.yes...), b.yes...)
		n.run = func(f *Frame) Value {
			if v := x(f); v.n == 0 {
				return v
			}
			return y(f)
		}
	} else {
		n.no = append(append(n.no, a.no...), b.no...)
		n.run = func(f *Frame) Value {
			if v := x(f); v.n != 0 {
				return v
			}
			return y(f)
		}
	}
	return c.folded(n)
}

// orElse compiles a ?? b.
func (c *checker) orElse(s *syntax, a, b node) node {
	if a.typ == nil || b.typ == nil {
		return c.silent(s)
	}
	if !a.typ.Nullable {
		c.problem(s.mark, sihe.CodeExprNotNull, "remove the default", "%s is never null", c.written(a))
		return c.silent(s)
	}
	t := c.unify(b.at, a.typ, b.typ)
	if t == nil {
		c.problem(b.at, sihe.CodeExprType, conversion(b.typ, a.typ), "the default is %s, the value is %s", b.typ, a.typ)
		return c.silent(s)
	}
	n := c.joined(s, a, b)
	n.typ = t.OrNull(b.typ.Nullable)
	x, y := a.run, b.run
	n.run = func(f *Frame) Value {
		if v := x(f); v.kind != KindNull {
			return v
		}
		return y(f)
	}
	return c.folded(n)
}

func (c *checker) equality(s *syntax) node {
	a, b := c.value(s.args[0]), c.value(s.args[1])
	if a.typ == nil || b.typ == nil {
		return c.silent(s)
	}
	equal := s.text == "=="
	for _, pair := range [][2]node{{a, b}, {b, a}} {
		if pair[1].typ.Kind == KindNull {
			return c.nullTest(s, pair[0], equal)
		}
	}
	t := c.unify(s.mark, a.typ, b.typ)
	if t == nil || t.Kind == KindList || t.Kind == KindRecord {
		hint := conversion(b.typ, a.typ)
		return c.bad(s, sihe.CodeExprType, hint, "compare: %s is %s, %s is %s", c.written(a), a.typ, c.written(b), b.typ)
	}
	if !c.possible(a, b) || !c.possible(b, a) {
		return c.silent(s)
	}
	n := c.joined(s, a, b)
	n.typ = &Type{Kind: KindBool}
	var paths []string
	for _, pair := range [][2]node{{a, b}, {b, a}} { // equal to what is not null: not null
		if pair[0].path != "" && pair[0].typ.Nullable && !pair[1].typ.Nullable {
			paths = append(paths, pair[0].path)
		}
	}
	if equal {
		n.yes = paths
	} else {
		n.no = paths
	}
	x, y := a.run, b.run
	_, _, check := c.mixed(s.mark, a.typ, b.typ)
	switch {
	case check != nil:
		n.run = func(f *Frame) Value {
			check(f)
			return BoolValue(x(f).Equal(y(f)) == equal)
		}
	case b.constant && b.value.kind == KindText: // status == "approved", of which files are full
		text := b.value.Text()
		n.run = func(f *Frame) Value {
			v := x(f)
			return BoolValue((v.kind == KindText && v.Text() == text) == equal)
		}
	default:
		n.run = func(f *Frame) Value { return BoolValue(x(f).Equal(y(f)) == equal) }
	}
	return c.folded(n)
}

// nullTest compiles x == null and x != null.
func (c *checker) nullTest(s *syntax, a node, equal bool) node {
	if !a.typ.Nullable {
		return c.bad(s, sihe.CodeExprNotNull, "remove the test", "%s is never null", c.written(a))
	}
	n := c.joined(s, a)
	n.typ = &Type{Kind: KindBool}
	if a.path != "" {
		if equal {
			n.no = []string{a.path}
		} else {
			n.yes = []string{a.path}
		}
	}
	x := a.run
	n.run = func(f *Frame) Value { return BoolValue((x(f).kind == KindNull) == equal) }
	return c.folded(n)
}

// possible reports a value that the other side, an enum, can never have.
func (c *checker) possible(a, b node) bool {
	if a.typ.Enum == nil || b.typ.Enum == nil || a.constant {
		return true
	}
	for _, v := range b.typ.Enum {
		for _, w := range a.typ.Enum {
			if v == w {
				return true
			}
		}
	}
	hint := ""
	if len(b.typ.Enum) == 1 {
		hint = closest(b.typ.Enum[0], a.typ.Enum)
	}
	if hint == "" {
		hint = "it can be " + listed(a.typ.Enum)
	}
	c.problem(b.at, sihe.CodeExprEnum, hint, "%s is never %s", c.written(a), listed(b.typ.Enum))
	return false
}

func (c *checker) order(s *syntax) node {
	a, b := c.value(s.args[0]), c.value(s.args[1])
	kinds := []Kind{KindDecimal, KindText, KindDate, KindTime}
	if left, right := c.want(a, kinds...), c.want(b, kinds...); !left || !right {
		return c.silent(s)
	}
	t := c.unify(s.mark, a.typ, b.typ)
	if t == nil {
		return c.bad(s, sihe.CodeExprType, conversion(b.typ, a.typ), "compare: %s is %s, %s is %s", c.written(a), a.typ, c.written(b), b.typ)
	}
	_, _, check := c.mixed(s.mark, a.typ, b.typ)
	n := c.joined(s, a, b)
	n.typ = &Type{Kind: KindBool}
	compare, x, y := comparison(t.Kind), a.run, b.run
	less, equal, more := strings.Contains(s.text, "<"), strings.Contains(s.text, "="), strings.Contains(s.text, ">")
	n.run = func(f *Frame) Value {
		if check != nil {
			check(f)
		}
		d := compare(x(f), y(f))
		return BoolValue(d < 0 && less || d == 0 && equal || d > 0 && more)
	}
	return c.folded(n)
}

// comparison returns how values of a kind are ordered: texts by code point, the rest by size. See decimals.
//
//go:noinline
func comparison(k Kind) func(a, b Value) int {
	switch k {
	case KindText:
		return func(a, b Value) int { return strings.Compare(a.Text(), b.Text()) }
	case KindDecimal:
		return func(a, b Value) int { return a.Decimal().Cmp(b.Decimal()) }
	default:
		return func(a, b Value) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.exp, b.exp)) }
	}
}
