package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
)

func choiceFunctions() []builtin {
	return []builtin{
		{Function{Signature: "if(condition, a, b)", En: "a when the condition holds, else b; only that one is computed", Zh: "条件成立取 a，否则取 b；只计算其中一个", Example: `if(lines == null, 0, count(lines))`, Result: "2"}, 3, 3, compileIf},
		{Function{Signature: "coalesce(a, b, …)", En: "the first that is not null, like a ?? b ?? …", Zh: "第一个非空值，等同 a ?? b ?? …", Example: `coalesce(remark, buyer_remark, "none")`, Result: "none"}, 2, anyNumber, compileCoalesce},
		{Function{Signature: "lookup(name, key[, default])", En: "the value of key in the named lookup; the default for what is not in it", Zh: "在指定查找表中取值；没有时取默认值", Example: `lookup("order_status", status)`, Result: "C"}, 2, 3, compileLookup},
		{Function{Signature: "xref(entity, key[, default])", En: "the id that a document has in the target system", Zh: "单据在目标系统中的编号", Example: `xref("party", customer)`, Result: "K-C0001"}, 2, 3, compileXRef},
	}
}

// compileIf compiles only what is chosen at run time; each branch knows what the condition has tested.
func compileIf(c *checker, s *syntax) node {
	condition := c.value(s.args[0])
	a := c.with(condition.yes, func() node { return c.value(s.args[1]) })
	b := c.with(condition.no, func() node { return c.value(s.args[2]) })
	if !c.want(condition, KindBool) || a.typ == nil || b.typ == nil {
		return c.silent(s)
	}
	t := c.unify(b.at, a.typ, b.typ)
	if t == nil {
		c.problem(b.at, sihe.CodeExprType, conversion(b.typ, a.typ), "the two results differ: %s and %s", a.typ, b.typ)
		return c.silent(s)
	}
	n := c.joined(s, condition, a, b)
	n.typ = t
	test, x, y := condition.run, a.run, b.run
	n.run = func(f *Frame) Value {
		if test(f).n != 0 {
			return x(f)
		}
		return y(f)
	}
	return c.anonymous(c.folded(n))
}

func compileCoalesce(c *checker, s *syntax) node {
	n := c.value(s.args[0])
	for _, a := range s.args[1:] {
		step := *s
		step.at, step.end, step.mark = s.args[0].at, a.end, a.at
		n = c.orElse(&step, n, c.value(a))
	}
	n.at, n.end = s.at, s.end
	return n
}

// lookup finds the lookup that a constant names.
func (c *checker) lookup(s *syntax) (*Lookup, bool) {
	name, ok := c.constantText(s, "the lookup's name")
	if !ok {
		return nil, false
	}
	l, ok := c.scope.Lookups[name]
	if !ok {
		c.problem(s.at, sihe.CodeExprLookup, closest(name, slices.Sorted(maps.Keys(c.scope.Lookups))), "unknown lookup %q", name)
		return nil, false
	}
	c.lookups = append(c.lookups, LookupUse{Name: name})
	return l, true
}

// keyed checks a key and its default: with a default, the key may be null.
func (c *checker) keyed(s *syntax) (key, other node, ok bool) {
	key = c.value(s.args[1])
	if len(s.args) == 2 {
		return key, other, c.want(key, KindText)
	}
	other = c.value(s.args[2])
	if key.typ == nil || other.typ == nil {
		return key, other, false
	}
	if other.typ.Kind != KindNull && other.typ.Kind != KindText {
		c.problem(other.at, sihe.CodeExprType, conversion(other.typ, texts()), "the default is %s, wanted text", other.typ)
		return key, other, false
	}
	plain := key
	plain.typ = key.typ.OrNull(false)
	return key, other, c.want(plain, KindText)
}

func compileLookup(c *checker, s *syntax) node {
	use := len(c.lookups)
	l, found := c.lookup(s.args[0])
	key, other, ok := c.keyed(s)
	if !found || !ok {
		return c.silent(s)
	}
	c.lookups[use].Keys = key.typ.Enum
	t := EnumType(slices.Compact(slices.Sorted(maps.Values(l.Table)))...)
	operands := []node{key}
	if key.typ.Enum != nil {
		var missing []string
		t.Enum, missing = covered(l, key.typ.Enum)
		if len(s.args) == 2 && len(missing) > 0 {
			c.problem(key.at, sihe.CodeExprLookup, misspelt(l, key.typ.Enum, missing), "lookup %s has no entry for %s", l.Name, listed(missing))
			return c.silent(s)
		}
	}
	if len(s.args) == 3 {
		t = c.unify(other.at, t, other.typ)
		operands = append(operands, other)
	}
	n := c.joined(s, operands...)
	n.typ = t
	table, name, read, instead := l.Table, l.Name, key.run, other.run
	n.run = func(f *Frame) Value {
		k := read(f)
		if v, ok := table[k.Text()]; ok && k.kind == KindText {
			return TextValue(v)
		}
		if instead == nil {
			fail(sihe.CodeLookupMiss, "look up %.40q in %s: there is no such entry", k.Text(), name)
		}
		return instead(f)
	}
	return c.folded(n)
}

// misspelt suggests what to do about keys that are missing in a lookup: mostly one of them is there, written otherwise.
func misspelt(l *Lookup, keys, missing []string) string {
	for _, k := range slices.Sorted(maps.Keys(l.Table)) {
		if meant := closest(k, missing); meant != "" && !slices.Contains(keys, k) {
			return "it has " + k + ": " + meant
		}
	}
	return "add it, or give a default"
}

// covered returns the values that a lookup can have for the keys of an enum, and the keys that it has not.
func covered(l *Lookup, keys []string) (values, missing []string) {
	values = []string{}
	for _, k := range keys {
		v, ok := l.Table[k]
		switch {
		case !ok:
			missing = append(missing, k)
		case !slices.Contains(values, v):
			values = append(values, v)
		}
	}
	return values, missing
}

func compileXRef(c *checker, s *syntax) node {
	entity, named := c.constantText(s.args[0], "the entity")
	key, other, ok := c.keyed(s)
	switch {
	case c.scope.XRef == nil:
		return c.bad(s, sihe.CodeExprFunction, "use it in a mapping", "call xref: there is no target system here")
	case named && !c.scope.XRef(entity):
		c.problem(s.args[0].at, sihe.CodeExprArgument, "", "unknown entity %q", entity)
		return c.silent(s)
	case !named || !ok:
		return c.silent(s)
	}
	n := c.joined(s, key)
	n.typ = texts()
	if len(s.args) == 3 {
		n = c.joined(s, key, other)
		n.typ = c.unify(other.at, texts(), other.typ)
	}
	n.constant = false
	read, instead := key.run, other.run
	n.run = func(f *Frame) Value {
		if k := read(f); !k.IsNull() {
			if v, ok := f.xref(entity, k.Text()); ok {
				return TextValue(v)
			} else if instead == nil {
				fail(sihe.CodeXRefMiss, "find %s %.60q in the target: it is not known there", entity, strings.ToValidUTF8(k.Text(), "?"))
			}
		}
		return instead(f)
	}
	return n
}
