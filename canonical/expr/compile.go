package expr

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/sihehub/sihe"
)

// Compile checks a text against a scope. It returns a program, or every problem found, in the order of their places.
// The scope must not change while programs compiled with it are used.
func Compile(text string, s *Scope) (*Program, []Problem) {
	if len(text) > MaxText {
		return nil, []Problem{{Code: sihe.CodeExprLimit, Suggestion: "split it with `let`", Message: fmt.Sprintf("read the expression: longer than %d bytes", MaxText)}}
	}
	if !utf8.ValidString(text) {
		return nil, []Problem{{Code: sihe.CodeExprSyntax, Suggestion: "save the file as UTF-8", Message: "read the expression: not valid UTF-8"}}
	}
	c := &checker{scope: s, text: []rune(text), known: map[string]int{}, functions: builtins(), named: map[string]bool{}}
	tree := parse(text, c.problem)
	n := c.value(tree)
	if len(c.problems) > 0 {
		return nil, sorted(c.problems)
	}
	p := &Program{text: text, typ: n.typ, sources: c.feeds(n), steps: n.steps, run: n.run, vars: c.vars, outs: c.outs}
	p.named, p.lookups = slices.Sorted(maps.Keys(c.named)), c.lookups
	if n.constant {
		p.value, p.constant = n.value, true
	}
	return p, nil
}

// sorted orders problems by place, drops repetitions and cuts a long list.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Offset, b.Offset) })
	problems = slices.Compact(problems)
	return problems[:min(len(problems), MaxProblems)]
}

// A checker types a syntax tree and compiles it to closures in one walk.
type checker struct {
	scope     *Scope
	functions map[string]*builtin
	text      []rune
	problems  []Problem
	loops     []*loop         // lambdas around the current place, outermost first
	known     map[string]int  // paths that were tested against null around the current place
	vars      int             // how many of Frame.Vars are needed
	outs      int             // how many of Frame.Out are needed
	unique    int             // number of the last loop
	named     map[string]bool // variables that are read
	lookups   []LookupUse     // in the order in which they were found
}

// A node is a checked expression. Its typ is nil after a problem, and then nothing more is said about it.
type node struct {
	typ     *Type
	run     func(*Frame) Value
	at, end int
	steps   int

	constant bool
	value    Value // when constant

	quotient func(*Frame) (numerator, divisor sihe.Decimal) // of a division that is not rounded yet
	division int                                            // where its `/` stands

	direct  direct   // a variable or an item as it is
	origin  origin   // where the value stands in a record, when it is a plain path
	sources []string // source paths that feed it, origin aside
	path    string   // identity of a plain path, for null tests; else ""
	yes, no []string // paths known not to be null when the value is true, or false
}

func (c *checker) problem(at int, code sihe.Code, suggestion, format string, args ...any) {
	c.problems = append(c.problems, Problem{Offset: at, Code: code, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// bad reports a problem and returns a node about which nothing more is said.
func (c *checker) bad(s *syntax, code sihe.Code, suggestion, format string, args ...any) node {
	c.problem(s.mark, code, suggestion, format, args...)
	return c.silent(s)
}

func (c *checker) silent(s *syntax) node { return node{at: s.at, end: s.end} }

// written is the text of a node for a message.
func (c *checker) written(n node) string {
	s := syntax{at: n.at, end: n.end}
	return s.written(c.text)
}

// joined starts the node of an operation over operands: their place, cost, sources, and whether all are constant.
func (c *checker) joined(s *syntax, operands ...node) node {
	n := node{at: s.at, end: s.end, steps: 1, constant: true}
	for _, o := range operands {
		n.steps += o.steps
		n.constant = n.constant && o.constant
		n.sources = append(n.sources, c.feeds(o)...)
	}
	return n
}

// feeds returns all source paths of a node, sorted.
func (c *checker) feeds(n node) []string {
	all := slices.Concat(n.sources, c.originSources(n.origin))
	slices.Sort(all)
	return slices.Compact(all)
}

// folded computes a node whose operands are constant, so that mistakes in constants show at compile time.
func (c *checker) folded(n node) (out node) {
	if !n.constant || n.typ == nil || n.quotient != nil {
		return n
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *sihe.Error:
			c.problem(n.at, r.Code, "", "%s", r.Text)
			out = node{at: n.at, end: n.end}
		default:
			panic(r)
		}
	}()
	v := n.run(&Frame{})
	n.value = v
	n.run = func(*Frame) Value { return v }
	n.steps = 1
	return n
}

// constantOf makes the node of a literal.
func constantOf(s *syntax, t *Type, v Value) node {
	return node{typ: t, run: func(*Frame) Value { return v }, at: s.at, end: s.end, steps: 1, constant: true, value: v}
}

// value compiles a node whose value is used as it is: a quotient must have been rounded.
func (c *checker) value(s *syntax) node {
	n := c.node(s)
	if n.quotient != nil && n.typ != nil {
		c.problem(n.division, sihe.CodeExprDivision, "write round(a / b, places) or div(a, b, places)", "divide: `/` must be inside round or div, so that it is clear how the result is rounded")
		return c.silent(s)
	}
	return n
}

// node compiles any node.
func (c *checker) node(s *syntax) node {
	switch s.form {
	case formNumber:
		return c.number(s)
	case formText:
		return constantOf(s, EnumType(s.text), TextValue(s.text))
	case formName:
		return c.name(s)
	case formField:
		return c.field(s)
	case formCall:
		return c.call(s)
	case formUnary:
		return c.unary(s)
	case formBinary:
		return c.binary(s)
	case formLambda:
		return c.bad(s, sihe.CodeExprArgument, "", "read %s =>: only the list functions (%s) take a lambda, behind the list", s.text, lambdaFunctions)
	case formBad:
	}
	return c.silent(s)
}

func (c *checker) number(s *syntax) node {
	d, err := sihe.ParseDecimal(s.text)
	if err != nil {
		return c.bad(s, sihe.CodeOf(err), "", "read the number %s: more than %d digits", clip(s.text, 40), sihe.MaxDigits)
	}
	if n, ok := d.Int64(); ok && d.Scale() == 0 {
		return constantOf(s, &Type{Kind: KindInt}, IntValue(n))
	}
	return constantOf(s, DecimalType(d.Scale()), DecimalValue(d))
}

// with compiles something while these paths are known not to be null.
func (c *checker) with(paths []string, compile func() node) node {
	for _, p := range paths {
		c.known[p]++
	}
	n := compile()
	for _, p := range paths {
		c.known[p]--
	}
	return n
}
