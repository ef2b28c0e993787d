package expr

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sihehub/sihe"
)

// A Function is one entry of the language's manual. A test computes every example over [Sample].
type Function struct {
	Name      string
	Signature string // e.g. "round(number, places[, mode])"
	En, Zh    string
	Example   string
	Result    string // of the example, as Value.String shows it
}

// Functions returns the manual of all functions, sorted by name.
func Functions() []Function {
	var all []Function
	for _, name := range slices.Sorted(maps.Keys(builtins())) {
		all = append(all, builtins()[name].Function)
	}
	return all
}

// A builtin is one function: its manual, and how a call of it is checked and compiled.
type builtin struct {
	Function
	least, most int // arguments
	compile     func(c *checker, s *syntax) node
}

// anyNumber is the most arguments of functions that take any number.
const anyNumber = 64

var builtins = sync.OnceValue(func() map[string]*builtin { //nolint:gochecknoglobals // written once, by itself
	all := map[string]*builtin{}
	for _, b := range slices.Concat(textFunctions(), convertFunctions(), numberFunctions(), dateFunctions(), clockFunctions(), listFunctions(), choiceFunctions()) {
		b.Name, _, _ = strings.Cut(b.Signature, "(")
		all[b.Name] = &b
	}
	return all
})

// call checks the name and the number of arguments; the rest is the function's.
func (c *checker) call(s *syntax) node {
	b, ok := c.functions[s.text]
	if !ok {
		hint := closest(s.text, slices.Sorted(maps.Keys(c.functions)))
		for _, a := range s.args {
			if a.form != formLambda {
				c.node(a)
			}
		}
		return c.bad(s, sihe.CodeExprFunction, hint, "unknown function %q", s.text)
	}
	if len(s.args) < b.least || len(s.args) > b.most {
		return c.bad(s, sihe.CodeExprArgument, "write "+b.Signature, "call %s: %d arguments", s.text, len(s.args))
	}
	return b.compile(c, s)
}

// arguments compiles all arguments and checks them against kinds, of which the last repeats.
func (c *checker) arguments(s *syntax, kinds ...Kind) ([]node, bool) {
	args, ok := make([]node, len(s.args)), true
	for i, a := range s.args {
		args[i] = c.value(a)
		ok = c.want(args[i], kinds[min(i, len(kinds)-1)]) && ok
	}
	return args, ok
}

// simple is the compile of a function with up to three arguments of fixed kinds. An argument left out is null.
func simple(result *Type, do func(f *Frame, x, y, z Value) Value, kinds ...Kind) func(*checker, *syntax) node {
	return func(c *checker, s *syntax) node {
		args, ok := c.arguments(s, kinds...)
		if !ok {
			return c.silent(s)
		}
		return c.applied(s, result, do, args...)
	}
}

// applied is the node of a function over up to three checked arguments.
func (c *checker) applied(s *syntax, result *Type, do func(f *Frame, x, y, z Value) Value, args ...node) node {
	n := c.joined(s, args...)
	n.typ = result
	var runs [3]func(*Frame) Value
	for i, a := range args {
		runs[i] = a.run
	}
	x, y, z := runs[0], runs[1], runs[2]
	switch len(args) {
	case 1:
		n.run = func(f *Frame) Value { return do(f, x(f), Value{}, Value{}) }
	case 2:
		n.run = func(f *Frame) Value { return do(f, x(f), y(f), Value{}) }
	default:
		n.run = func(f *Frame) Value { return do(f, x(f), y(f), z(f)) }
	}
	return c.folded(n)
}

// constantText returns the text of an argument that must be constant; what names it in messages.
func (c *checker) constantText(s *syntax, what string) (string, bool) {
	n := c.value(s)
	if n.typ == nil {
		return "", false
	}
	if !n.constant || n.typ.Kind != KindText {
		c.problem(s.at, sihe.CodeExprArgument, `write it as "…"`, "%s must be a constant text", what)
		return "", false
	}
	return n.value.Text(), true
}

// oneOf returns a constant argument that must be one of the words.
func (c *checker) oneOf(s *syntax, what string, words ...string) (string, bool) {
	text, ok := c.constantText(s, what)
	if !ok {
		return "", false
	}
	if !slices.Contains(words, text) {
		hint := closest(text, words)
		if hint == "" {
			hint = "it can be " + listed(words)
		}
		c.problem(s.at, sihe.CodeExprArgument, hint, "%s cannot be %q", what, text)
		return "", false
	}
	return text, true
}

func bools() *Type { return &Type{Kind: KindBool} }
func ints() *Type  { return &Type{Kind: KindInt} }
func texts() *Type { return &Type{Kind: KindText} }
func dates() *Type { return &Type{Kind: KindDate} }
func times() *Type { return &Type{Kind: KindTime} }
