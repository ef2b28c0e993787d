package expr

import (
	"strings"

	"github.com/sihehub/sihe"
)

// A form is the sort of a syntax node.
type form uint8

const (
	formBad    form = iota // after a mistake: nothing more is said about it
	formNumber             // text: digits
	formText               // text: content
	formName               // text: name; quoted
	formField              // text: name; args: record
	formCall               // text: function; args
	formLambda             // text: parameter; args: body
	formUnary              // text: operator; args: operand
	formBinary             // text: operator; args: left, right
)

// A syntax is one node of an expression as it was written.
type syntax struct {
	form    form
	text    string
	args    []*syntax
	at, end int // runes
	mark    int // where an operator, a field's or a function's name stands
	quoted  bool
	inside  bool // in parentheses of its own
}

// A parser builds the syntax tree by precedence climbing. After a mistake it skips to the next comma or closing
// parenthesis, so that one mistake does not hide the others.
type parser struct {
	tokens    []token
	i         int
	recovered int // the token to which the last mistake skipped, plus one
	depth     int
	report    func(at int, code sihe.Code, suggestion, format string, args ...any)
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != tokenEnd {
		p.i++
	}
	return t
}

// all reads the whole text.
func (p *parser) all() *syntax {
	s := p.expression(0)
	if t := p.peek(); t.kind != tokenEnd {
		p.unexpected(t, "an operator or the end")
	}
	return s
}

// binding returns how tightly a binary operator binds; 0 for what is none.
func binding(t token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=":
		return 3
	case "<", "<=", ">", ">=":
		return 4
	case "??":
		return 5
	case "+", "-":
		return 6
	case "*", "/":
		return 7
	}
	return 0
}

func (p *parser) expression(least int) *syntax {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		t := p.peek()
		p.report(t.at, sihe.CodeExprLimit, "split it with `let`", "read the expression: nested deeper than %d", MaxDepth)
		p.i = len(p.tokens) - 1
		p.recovered = p.i + 1
		return &syntax{at: t.at, end: t.end}
	}
	left := p.unary()
	for {
		t := p.peek()
		b := binding(t)
		if b == 0 || b < least || left.form == formBad {
			return left
		}
		p.next()
		right := p.expression(b + 1)
		if t.text == "??" && (arithmetic(left) || arithmetic(right)) {
			p.report(t.at, sihe.CodeExprSyntax, "write (a ?? b) + c or a ?? (b + c)", "read ??: next to + - * / it needs parentheses")
		}
		left = &syntax{form: formBinary, text: t.text, args: []*syntax{left, right}, at: left.at, end: right.end, mark: t.at}
		if right.form == formBad {
			return left
		}
	}
}

func arithmetic(s *syntax) bool {
	return s.form == formBinary && !s.inside && strings.Contains("+-*/", s.text)
}

func (p *parser) unary() *syntax {
	t := p.peek()
	if !t.is("-") && !t.is("!") {
		return p.path()
	}
	p.depth++
	defer func() { p.depth-- }()
	p.next()
	if p.depth > MaxDepth {
		return p.expression(0) // reports the depth
	}
	operand := p.unary()
	return &syntax{form: formUnary, text: t.text, args: []*syntax{operand}, at: t.at, end: operand.end, mark: t.at}
}

// path reads a primary and the fields behind it.
func (p *parser) path() *syntax {
	s := p.primary()
	for p.peek().is(".") && s.form != formBad {
		p.next()
		t := p.peek()
		if t.kind != tokenName && t.kind != tokenQuoted {
			p.unexpected(t, "a field's name after the point")
			return &syntax{at: s.at, end: t.end}
		}
		p.next()
		s = &syntax{form: formField, text: t.text, args: []*syntax{s}, at: s.at, end: t.end, mark: t.at}
	}
	return s
}

func (p *parser) primary() *syntax {
	t := p.peek()
	switch {
	case t.kind == tokenNumber:
		p.next()
		return &syntax{form: formNumber, text: t.text, at: t.at, end: t.end, mark: t.at}
	case t.kind == tokenText:
		p.next()
		return &syntax{form: formText, text: t.text, at: t.at, end: t.end, mark: t.at}
	case t.kind == tokenQuoted && t.text == "":
		p.next() // reported by the lexer
		return &syntax{at: t.at, end: t.end}
	case t.kind == tokenName && p.tokens[p.i+1].is("("):
		return p.call()
	case t.kind == tokenName && p.tokens[p.i+1].is("=>"):
		p.report(t.at, sihe.CodeExprSyntax, "", "read %s =>: only the list functions (%s) take a lambda, behind the list", t.text, lambdaFunctions)
		p.skip()
		p.recovered = p.i + 1
		return &syntax{at: t.at, end: t.end}
	case t.kind == tokenName || t.kind == tokenQuoted:
		p.next()
		return &syntax{form: formName, text: t.text, quoted: t.kind == tokenQuoted, at: t.at, end: t.end, mark: t.at}
	case t.is("("):
		p.next()
		s := p.expression(0)
		if end := p.peek(); end.is(")") {
			p.next()
			s.at, s.end, s.inside = t.at, end.end, true
		} else {
			p.unexpected(end, "a closing parenthesis")
			s = &syntax{at: t.at, end: end.end}
		}
		return s
	}
	p.unexpected(t, "a value")
	return &syntax{at: t.at, end: t.end}
}

// call reads name(argument, …). After a mistake in one argument the others are still read.
func (p *parser) call() *syntax {
	name := p.next()
	p.next()
	s := &syntax{form: formCall, text: name.text, at: name.at, mark: name.at}
	for first := true; ; first = false {
		t := p.peek()
		if t.is(")") {
			if !first {
				p.report(t.at, sihe.CodeExprSyntax, "remove the comma before it", "read %s(…): an argument is missing", name.text)
				s.form = formBad
			}
			s.end = p.next().end
			return s
		}
		s.args = append(s.args, p.argument())
		t = p.peek()
		if !t.is(",") && !t.is(")") {
			p.unexpected(t, "a comma or a closing parenthesis")
			t = p.peek()
		}
		switch {
		case t.is(","):
			p.next()
		case t.is(")"):
			s.end = p.next().end
			return s
		default: // the end: a call that is not closed, and is reported unless something else was
			return &syntax{at: s.at, end: t.end}
		}
	}
}

func (p *parser) argument() *syntax {
	t := p.peek()
	if (t.kind != tokenName && t.kind != tokenQuoted) || !p.tokens[p.i+1].is("=>") {
		return p.expression(0)
	}
	p.i += 2
	body := p.expression(0)
	return &syntax{form: formLambda, text: t.text, args: []*syntax{body}, at: t.at, end: body.end, mark: t.at}
}

// skip goes to the comma or parenthesis that ends the current argument.
func (p *parser) skip() {
	for open := 0; ; p.next() {
		t := p.peek()
		switch {
		case t.kind == tokenEnd, open == 0 && (t.is(",") || t.is(")")):
			return
		case t.is("("):
			open++
		case t.is(")"):
			open--
		}
	}
}

// unexpected reports a token that stands where something else should, and helps with what other languages have.
func (p *parser) unexpected(t token, wanted string) {
	if p.recovered == p.i+1 {
		return // it is where an earlier mistake left us
	}
	suggestion := ""
	switch {
	case t.is("?") || t.is(":"):
		suggestion = "write if(condition, a, b)"
	case t.is("[") || t.is("]"):
		suggestion = "there is no index: use first(list, l => …), or `for` in the mapping"
	case t.is("%"):
		suggestion = "there is no remainder operator"
	case t.is("=>"):
		suggestion = "a lambda is `name => expression`, behind the list"
	case t.kind == tokenName || t.kind == tokenText || t.kind == tokenNumber || t.kind == tokenQuoted:
		switch strings.ToLower(t.text) {
		case "and":
			suggestion = "write &&"
		case "or":
			suggestion = "write ||"
		case "not":
			suggestion = "write !"
		case "is":
			suggestion = "write == or !="
		case "in":
			suggestion = "write any(list, x => x == value)"
		}
	case t.kind == tokenEnd && strings.Contains(wanted, "closing"):
		suggestion = "close it with )"
	}
	p.report(t.at, sihe.CodeExprSyntax, suggestion, "read %s: expected %s", t.shown(), wanted)
	p.skip()
	p.recovered = p.i + 1
}

// lambdaFunctions are the only ones that take a lambda.
const lambdaFunctions = "map filter sum min max any all count first join sort_by"

// parse reads a text; problems are reported, and the tree has bad nodes where they are.
func parse(text string, report func(at int, code sihe.Code, suggestion, format string, args ...any)) *syntax {
	l := &lexer{text: []rune(text), report: report}
	p := &parser{tokens: l.run(), report: report}
	return p.all()
}

// written is the part of the text that the node was read from, shortened for messages.
func (s *syntax) written(text []rune) string {
	return clip(strings.TrimSpace(string(text[s.at:min(s.end, len(text))])), 40)
}
