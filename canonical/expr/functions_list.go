package expr

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

func listFunctions() []builtin {
	return []builtin{
		{Function{Signature: "map(list, l => value)", En: "list of the values for every item", Zh: "对每一项求值得到的列表", Example: `map(lines, l => l.quantity * 2)`, Result: "[4, 2]"}, 2, 2, compileMap},
		{Function{Signature: "filter(list, l => condition)", En: "list of the items for which the condition holds", Zh: "满足条件的各项", Example: `count(filter(lines, l => l.amount > 150))`, Result: "1"}, 2, 2, compileFilter},
		{Function{Signature: "sum(list[, l => number])", En: "exact sum; 0 for an empty list", Zh: "精确求和；空列表为 0", Example: `sum(lines.amount)`, Result: "299.90"}, 1, 2, compileSum},
		{Function{Signature: "min(list[, l => value]) or min(a, b, …)", En: "the smallest; null for an empty list", Zh: "最小值；空列表为空", Example: `min(lines.amount)`, Result: "99.90"}, 1, anyNumber, compileExtreme(-1)},
		{Function{Signature: "max(list[, l => value]) or max(a, b, …)", En: "the largest; null for an empty list", Zh: "最大值；空列表为空", Example: `max(0, 10 - 12)`, Result: "0"}, 1, anyNumber, compileExtreme(1)},
		{Function{Signature: "any(list[, l => condition])", En: "does the condition hold for at least one item?", Zh: "是否至少一项满足条件", Example: `any(lines, l => l.quantity > 1)`, Result: "true"}, 1, 2, compileAny},
		{Function{Signature: "all(list[, l => condition])", En: "does the condition hold for every item? true for an empty list", Zh: "是否每一项都满足条件；空列表为真", Example: `all(lines, l => l.quantity > 1)`, Result: "false"}, 1, 2, compileAll},
		{Function{Signature: "count(list[, l => condition])", En: "number of items, or of those for which the condition holds", Zh: "项数，或满足条件的项数", Example: `count(lines)`, Result: "2"}, 1, 2, compileCount},
		{Function{Signature: "first(list[, l => condition])", En: "the first item, or the first for which the condition holds; null when there is none", Zh: "第一项，或第一个满足条件的项；没有则为空", Example: `first(lines, l => l.quantity == 1).item`, Result: "B-200"}, 1, 2, compileFirst},
		{Function{Signature: "join(list[, l => text], separator)", En: "the texts of all items in one", Zh: "把各项文本连接为一个文本", Example: `join(lines.item, ", ")`, Result: "A-100, B-200"}, 2, 3, compileJoin},
		{Function{Signature: `sort_by(list, l => value[, "desc"])`, En: "the items in the order of the value; equal ones stay as they were", Zh: "按值排序；相等的保持原序", Example: `map(sort_by(lines, l => l.amount), l => l.item)`, Result: "[B-200, A-100]"}, 2, 3, compileSortBy},
	}
}

func compileMap(c *checker, s *syntax) node {
	it, ok := c.iterate(s, true)
	if !ok {
		return c.silent(s)
	}
	n := it.node(s)
	n.typ = ListType(it.body.typ.outside(it.loop))
	w := it.walk()
	n.run = func(f *Frame) Value {
		items := w.items(f)
		out := make([]Value, len(items))
		for i, v := range items {
			out[i] = w.of(f, v)
		}
		return ListValue(out)
	}
	return n
}

// subset is the node of a function that returns items of its list.
func (it iteration) subset(s *syntax) node {
	n := it.node(s)
	n.origin, n.typ = it.list.origin, it.list.typ.OrNull(false)
	return n
}

func compileFilter(c *checker, s *syntax) node {
	it, ok := c.iterate(s, true)
	if !ok || !c.want(it.body, KindBool) {
		return c.silent(s)
	}
	n := it.subset(s)
	w := it.walk()
	n.run = func(f *Frame) Value {
		var out []Value
		for _, v := range w.items(f) {
			if w.of(f, v).n != 0 {
				out = append(out, v)
			}
		}
		return ListValue(out)
	}
	return n
}

func compileSum(c *checker, s *syntax) node {
	it, ok := c.iterate(s, false)
	if !ok || !it.want(c, s, KindDecimal) {
		return c.silent(s)
	}
	n := it.node(s)
	n.typ = it.body.typ.outside(it.loop)
	w, currencyOf := it.walk(), it.currency()
	if n.typ.Kind == KindInt {
		n.run = func(f *Frame) Value {
			total := IntValue(0)
			for _, v := range w.items(f) {
				total = addInts(total.n, w.of(f, v).n)
			}
			return total
		}
		return n
	}
	n.run = func(f *Frame) Value {
		var total sihe.Decimal
		code := ""
		for _, v := range w.items(f) {
			total = total.Add(w.of(f, v).Decimal())
			if currencyOf != nil {
				code = sameCurrency(code, currencyOf(f))
			}
		}
		return DecimalValue(total)
	}
	return n
}

// currency reads the currency of the current item's amount, where every item has one of its own; else it is nil.
func (it iteration) currency() func(*Frame) string {
	if cur := it.body.typ.currency; cur != nil && cur.loop == it.loop.id {
		return cur.read
	}
	return nil
}

// compileExtreme compiles min (−1) and max (+1) of a list or of the arguments.
func compileExtreme(sign int) func(*checker, *syntax) node {
	return func(c *checker, s *syntax) node {
		if len(s.args) > 2 || (len(s.args) == 2 && s.args[1].form != formLambda) {
			return c.extremeOf(s, sign)
		}
		it, ok := c.iterate(s, false)
		if !ok || !it.want(c, s, KindDecimal, KindText, KindDate, KindTime) {
			return c.silent(s)
		}
		n := it.node(s)
		n.typ = it.body.typ.outside(it.loop).OrNull(true)
		compare, currencyOf, w := comparison(it.body.typ.Kind), it.currency(), it.walk()
		n.run = func(f *Frame) Value {
			var best Value
			code := ""
			for _, v := range w.items(f) {
				if found := w.of(f, v); best.IsNull() || compare(found, best)*sign > 0 {
					best = found
				}
				if currencyOf != nil {
					code = sameCurrency(code, currencyOf(f))
				}
			}
			return best
		}
		return n
	}
}

func (c *checker) extremeOf(s *syntax, sign int) node {
	args, ok := make([]node, len(s.args)), true
	for i, a := range s.args {
		args[i] = c.value(a)
		ok = c.want(args[i], KindDecimal, KindText, KindDate, KindTime) && ok
	}
	if !ok {
		return c.silent(s)
	}
	t := args[0].typ
	var checks []func(*Frame)
	for _, a := range args[1:] {
		u := c.unify(a.at, t, a.typ)
		if u == nil {
			c.problem(a.at, sihe.CodeExprType, conversion(a.typ, t), "%s is %s, the one before is %s", c.written(a), a.typ, t)
			return c.silent(s)
		}
		if _, _, check := c.mixed(a.at, t, a.typ); check != nil {
			checks = append(checks, check)
		}
		t = u
	}
	compare := comparison(t.Kind)
	n := c.joined(s, args...)
	n.typ = t
	n.run = func(f *Frame) Value {
		for _, check := range checks {
			check(f)
		}
		best := args[0].run(f)
		for _, a := range args[1:] {
			if v := a.run(f); compare(v, best)*sign > 0 {
				best = v
			}
		}
		return best
	}
	return c.folded(n)
}

func compileAny(c *checker, s *syntax) node { return c.quantifier(s, true) }
func compileAll(c *checker, s *syntax) node { return c.quantifier(s, false) }

// quantifier looks for an item whose condition is `wanted`.
func (c *checker) quantifier(s *syntax, wanted bool) node {
	it, ok := c.iterate(s, false)
	if !ok || !it.want(c, s, KindBool) {
		return c.silent(s)
	}
	n := it.node(s)
	n.typ = bools()
	w := it.walk()
	n.run = func(f *Frame) Value {
		for _, v := range w.items(f) {
			if w.of(f, v).Bool() == wanted {
				return BoolValue(wanted)
			}
		}
		return BoolValue(!wanted)
	}
	return n
}

func compileCount(c *checker, s *syntax) node {
	if len(s.args) == 1 {
		list := c.value(s.args[0])
		if !c.wantList(list) {
			return c.silent(s)
		}
		n := c.joined(s, list)
		n.typ = ints()
		n.run = func(f *Frame) Value { return IntValue(int64(len(list.run(f).List()))) }
		return c.folded(n)
	}
	it, ok := c.iterate(s, true)
	if !ok || !c.want(it.body, KindBool) {
		return c.silent(s)
	}
	n := it.node(s)
	n.typ = ints()
	w := it.walk()
	n.run = func(f *Frame) Value {
		total := int64(0)
		for _, v := range w.items(f) {
			total += w.of(f, v).n
		}
		return IntValue(total)
	}
	return n
}

func compileFirst(c *checker, s *syntax) node {
	if len(s.args) == 1 {
		list := c.value(s.args[0])
		if !c.wantList(list) {
			return c.silent(s)
		}
		n := node{at: s.at, end: s.end, steps: list.steps + 1, sources: list.sources, origin: list.origin, typ: list.typ.Elem.OrNull(true)}
		n.run = func(f *Frame) Value {
			if items := list.run(f).List(); len(items) > 0 {
				return items[0]
			}
			return Value{}
		}
		return c.anonymous(n)
	}
	it, ok := c.iterate(s, true)
	if !ok || !c.want(it.body, KindBool) {
		return c.silent(s)
	}
	n := it.subset(s)
	n.typ = n.typ.Elem.OrNull(true)
	w := it.walk()
	n.run = func(f *Frame) Value {
		for _, v := range w.items(f) {
			if w.of(f, v).n != 0 {
				return v
			}
		}
		return Value{}
	}
	return c.anonymous(n)
}

func compileJoin(c *checker, s *syntax) node {
	list := *s
	list.args = s.args[:len(s.args)-1]
	it, ok := c.iterate(&list, len(list.args) == 2)
	separator := c.value(s.args[len(s.args)-1])
	if x := c.want(separator, KindText); !ok || !x || !it.want(c, s, KindText) {
		return c.silent(s)
	}
	n := it.node(s, separator)
	n.typ = texts()
	w := it.walk()
	n.run = func(f *Frame) Value {
		var b strings.Builder
		between := separator.run(f).Text()
		for i, v := range w.items(f) {
			if i > 0 {
				f.room(len(between))
				b.WriteString(between)
			}
			part := w.of(f, v).Text()
			f.room(len(part))
			b.WriteString(part)
		}
		return TextValue(b.String())
	}
	return n
}

func compileSortBy(c *checker, s *syntax) node {
	sign := 1
	if len(s.args) == 3 {
		direction, ok := c.oneOf(s.args[2], "the direction", "asc", "desc")
		if !ok {
			return c.silent(s)
		}
		if direction == "desc" {
			sign = -1
		}
	}
	it, ok := c.iterate(s, true)
	if !ok || !c.want(it.body, KindDecimal, KindText, KindDate, KindTime) {
		return c.silent(s)
	}
	compare := comparison(it.body.typ.Kind)
	n := it.subset(s)
	w := it.walk()
	n.run = func(f *Frame) Value {
		items := w.items(f)
		f.spend(len(items) * bits.Len(uint(len(items))))
		type keyed struct{ key, item Value }
		all := make([]keyed, len(items))
		for i, v := range items {
			all[i] = keyed{w.of(f, v), v}
		}
		slices.SortStableFunc(all, func(a, b keyed) int { return sign * compare(a.key, b.key) })
		out := make([]Value, len(items))
		for i, k := range all {
			out[i] = k.item
		}
		return ListValue(out)
	}
	return n
}
