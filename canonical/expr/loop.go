package expr

import (
	"strconv"
	"strings"

	"github.com/sihehub/sihe"
)

// An iteration is a list and what is computed for each of its items: by a lambda, by a path through the list, or the
// item itself.
type iteration struct {
	list node
	loop *loop
	body node
	path bool // lines.amount
	c    *checker
}

// wantList checks that a node is a list. A list that may be null counts as empty.
func (c *checker) wantList(n node) bool {
	if n.typ == nil {
		return false
	}
	if n.typ.Kind != KindList {
		c.problem(n.at, sihe.CodeExprType, "", "%s is %s, wanted a list", c.written(n), n.typ)
		return false
	}
	return true
}

// iterate compiles the list, the first argument, and the lambda, the second one; where a lambda is not needed, the
// list may be a path through a list, whose last step is then computed item by item.
func (c *checker) iterate(s *syntax, lambda bool) (it iteration, ok bool) {
	it.c = c
	if len(s.args) > 1 && s.args[1].form == formLambda {
		if it.list = c.value(s.args[0]); !c.wantList(it.list) {
			return it, false
		}
		return it, c.loop(&it, s.args[1].text, s.args[1], func() node { return c.value(s.args[1].args[0]) })
	}
	if lambda || len(s.args) > 1 {
		at := s.args[min(1, len(s.args)-1)]
		list := c.value(s.args[0])
		if c.wantList(list) {
			c.problem(at.at, sihe.CodeExprArgument, "write "+c.functions[s.text].Signature, "call %s: the argument behind the list must be a lambda", s.text)
		}
		return it, false
	}
	arg := s.args[0]
	if arg.form == formField && !c.isOut(arg.args[0]) {
		base := c.value(arg.args[0])
		if base.typ != nil && base.typ.Kind == KindList && base.typ.Elem.Kind == KindRecord {
			it.list, it.path = base, true
			ok = c.loop(&it, "", arg, func() node { return c.fieldOf(arg, it.loop.item) })
			if ok && it.body.typ.Kind != KindList {
				return it, true
			}
			if !ok {
				return it, false
			}
			it.path = false // a list in every item: flatten it first
			it.list = c.flattened(arg, it)
		} else {
			it.list = c.fieldOf(arg, base)
		}
	} else {
		it.list = c.value(arg)
	}
	if !c.wantList(it.list) {
		return it, false
	}
	return it, c.loop(&it, "", arg, func() node { return it.loop.item })
}

func (c *checker) isOut(s *syntax) bool {
	return s.form == formName && s.text == "out" && !s.quoted && c.scope.Out != nil
}

// loop compiles the body of an iteration, with its item in scope.
func (c *checker) loop(it *iteration, name string, at *syntax, body func() node) bool {
	if len(c.loops) >= MaxLoops {
		c.problem(at.at, sihe.CodeExprLimit, "compute the inner list with `let`", "loops are nested deeper than %d", MaxLoops)
		return false
	}
	c.unique++
	l := &loop{name: name, level: len(c.loops), id: c.unique}
	elem, level, called := it.list.typ.Elem, len(c.loops), name
	if called == "" {
		called = "an item"
	}
	l.item = node{
		typ: elem, at: at.at, end: at.end, steps: 1, path: "loop" + strconv.Itoa(l.id), origin: it.list.origin,
		direct: direct{placeItem, level},
	}
	l.item.run = func(f *Frame) Value {
		if v := f.items[level]; v.kind == elem.Kind {
			return v
		}
		return odd(f.items[level], elem, called)
	}
	l.item = c.priced(l.item)
	c.loops = append(c.loops, l)
	it.loop = l
	it.body = body()
	c.loops = c.loops[:level]
	return it.body.typ != nil
}

// A walk is what is left of an iteration at run time.
type walk struct {
	list, body func(*Frame) Value
	level      int
	steps      int // for each item
}

func (it iteration) walk() walk {
	return walk{list: it.list.run, body: it.body.run, level: it.loop.level, steps: it.body.steps + 1}
}

// items returns the list's items and pays for computing the body for each.
func (w *walk) items(f *Frame) []Value {
	items := w.list(f).List()
	f.spend(len(items) * w.steps)
	return items
}

// of computes the body for one item.
func (w *walk) of(f *Frame, item Value) Value {
	f.items[w.level] = item
	return w.body(f)
}

// node starts the node of a function over the iteration. The list itself feeds the value only as far as its items do,
// unless the body does not look at them.
func (it iteration) node(s *syntax, others ...node) node {
	n := it.c.joined(s, append(others, it.body)...)
	n.steps += it.list.steps - it.body.steps
	n.constant = false
	n.sources = append(n.sources, it.list.sources...)
	if it.loop.name != "" && !it.loop.used {
		n.sources = append(n.sources, it.c.originSources(it.list.origin)...)
	}
	return n
}

// want checks the body's kind, and helps where the list is a path to what may be null.
func (it iteration) want(c *checker, s *syntax, kinds ...Kind) bool {
	if it.path && it.body.typ.Nullable && it.body.typ.Kind != KindNull {
		field := s.args[0].text
		hint := s.text + "(" + it.c.written(it.list) + ", l => l." + defaultFor(field, it.body.typ) + ")"
		c.problem(s.args[0].at, sihe.CodeExprNull, "give a default: "+hint, "%s may be null here", s.args[0].written(c.text))
		return false
	}
	if it.loop.name == "" && it.body.typ.Kind == KindRecord {
		c.problem(s.args[0].at, sihe.CodeExprType, "write "+s.text+"("+it.c.written(it.list)+", l => …)", "the items of %s are records", it.c.written(it.list))
		return false
	}
	return c.want(it.body, kinds...)
}

// pluck is a path through a list: the list of that field of every item. Where the field is a list, they become one.
func (c *checker) pluck(s *syntax, base node) node {
	it := iteration{list: base, c: c}
	if !c.loop(&it, "", s, func() node { return c.fieldOf(s, it.loop.item) }) {
		return c.silent(s)
	}
	return c.flattened(s, it)
}

func (c *checker) flattened(s *syntax, it iteration) node {
	elem, nested := it.body.typ, it.body.typ.Kind == KindList
	if nested {
		elem = elem.Elem
	}
	n := node{at: s.at, end: s.end, steps: it.list.steps + 1, origin: it.body.origin}
	n.sources = append(n.sources, it.body.sources...)
	n.typ = ListType(elem.outside(it.loop))
	w := it.walk()
	n.run = func(f *Frame) Value {
		items := w.items(f)
		out := make([]Value, 0, len(items))
		for _, v := range items {
			found := w.of(f, v)
			if !nested {
				out = append(out, found)
				continue
			}
			f.spend(len(found.List()))
			out = append(out, found.List()...)
		}
		return ListValue(out)
	}
	return n
}

// anonymous gives a record that is no path its own currency.
func (c *checker) anonymous(n node) node {
	if n.typ == nil {
		return n
	}
	n.path = c.identity(n)
	n = c.priced(n)
	n.path = ""
	return n
}

// identity is the path of a node, or a name that no other node has. What is computed inside of a loop belongs to it.
func (c *checker) identity(n node) string {
	if n.path != "" {
		return n.path
	}
	c.unique++
	name := "value" + strconv.Itoa(c.unique)
	if len(c.loops) > 0 {
		return "loop" + strconv.Itoa(c.loops[len(c.loops)-1].id) + "." + name
	}
	return name
}

// loopOf returns the loop whose item a path starts with; 0 for none.
func loopOf(path string) int {
	rest, ok := strings.CutPrefix(path, "loop")
	if !ok {
		return 0
	}
	digits, _, _ := strings.Cut(rest, ".")
	id, _ := strconv.Atoi(digits)
	return id
}
