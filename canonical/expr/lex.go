package expr

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/sihehub/sihe"
)

// A tokenKind is the sort of a token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenQuoted // a name in backquotes
	tokenNumber
	tokenText
	tokenOperator
)

// A token is one word of an expression. Positions count runes.
type token struct {
	kind    tokenKind
	text    string
	at, end int
}

func (t token) is(operator string) bool { return t.kind == tokenOperator && t.text == operator }

// shown is how messages call the token.
func (t token) shown() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// A lexer cuts a text into tokens. After a mistake it goes on with what was probably meant.
type lexer struct {
	text   []rune
	at     int
	tokens []token
	report func(at int, code sihe.Code, suggestion, format string, args ...any)
}

const (
	fullWidth = "（），．＋－＊／＝！＜＞＆｜？：；［］｛｝、。×÷０１２３４５６７８９"
	halfWidth = "(),.+-*/=!<>&|?:;[]{},.*/0123456789"
	quotes    = "“”‘’「」＂＇"
)

// ascii returns the ASCII character that an input method's full-width one stands for.
func ascii(r rune) (byte, bool) {
	if r < 128 {
		return 0, false
	}
	if i := strings.IndexRune(fullWidth, r); i >= 0 {
		return halfWidth[len([]rune(fullWidth[:i]))], true
	}
	return 0, false
}

func (l *lexer) run() []token {
	for l.at < len(l.text) {
		r := l.text[l.at]
		if a, ok := ascii(r); ok {
			l.report(l.at, sihe.CodeExprSyntax, "switch the input method: write "+string(a), "read %c: a full-width character", r)
			r = rune(a)
			l.text[l.at] = r
		}
		switch {
		case unicode.IsSpace(r):
			l.at++
		case nameStart(r):
			l.name()
		case r >= '0' && r <= '9':
			l.number()
		case r == '`':
			l.quotedName()
		case r == '"' || r == '\'':
			l.quoted(string(r))
		case strings.ContainsRune(quotes, r):
			l.report(l.at, sihe.CodeExprSyntax, `switch the input method: write "`, "read %c: a full-width quotation mark", r)
			l.quoted(quotes + `"`)
		default:
			l.operator(r)
		}
	}
	return append(l.tokens, token{tokenEnd, "", len(l.text), len(l.text)})
}

func nameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func namePart(r rune) bool { return nameStart(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) }

func (l *lexer) add(kind tokenKind, text string, from int) {
	l.tokens = append(l.tokens, token{kind, text, from, l.at})
}

func (l *lexer) name() {
	from := l.at
	for l.at < len(l.text) && namePart(l.text[l.at]) {
		l.at++
	}
	l.add(tokenName, string(l.text[from:l.at]), from)
}

func (l *lexer) quotedName() {
	from := l.at
	for l.at++; l.at < len(l.text) && l.text[l.at] != '`'; {
		l.at++
	}
	name := string(l.text[from+1 : l.at])
	if l.at == len(l.text) {
		l.report(from, sihe.CodeExprSyntax, "close it with `", "read a name in backquotes: it is not closed")
		l.add(tokenQuoted, "", from) // nothing more is said about it
		return
	}
	l.at++
	if name == "" {
		l.report(from, sihe.CodeExprSyntax, "", "read a name in backquotes: it is empty")
	}
	l.add(tokenQuoted, name, from)
}

func (l *lexer) number() {
	from := l.at
	digits := func() {
		for l.at < len(l.text) {
			if a, ok := ascii(l.text[l.at]); ok && a >= '0' && a <= '9' {
				l.report(l.at, sihe.CodeExprSyntax, "switch the input method", "read %c: a full-width digit", l.text[l.at])
				l.text[l.at] = rune(a)
			}
			if r := l.text[l.at]; r < '0' || r > '9' {
				return
			}
			l.at++
		}
	}
	digits()
	if l.at+1 < len(l.text) && l.text[l.at] == '.' && l.text[l.at+1] >= '0' && l.text[l.at+1] <= '9' {
		l.at++
		digits()
	}
	if l.at < len(l.text) && nameStart(l.text[l.at]) {
		for l.at < len(l.text) && namePart(l.text[l.at]) {
			l.at++
		}
		word := string(l.text[from:l.at])
		l.report(from, sihe.CodeExprSyntax, "write a name that starts with a digit in backquotes", "read %.40q: neither a number nor a name", word)
		l.add(tokenQuoted, "", from)
		return
	}
	l.add(tokenNumber, string(l.text[from:l.at]), from)
}

// quoted reads a text up to one of the closing characters.
func (l *lexer) quoted(closing string) {
	from := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text) && !strings.ContainsRune(closing, l.text[l.at]); l.at++ {
		if l.text[l.at] == '\\' {
			l.escape(&b)
			continue
		}
		b.WriteRune(l.text[l.at])
	}
	if l.at >= len(l.text) {
		l.at = len(l.text)
		l.report(from, sihe.CodeExprSyntax, "close it with the same quotation mark", "read a text: it is not closed")
	} else {
		l.at++
	}
	l.add(tokenText, b.String(), from)
}

// escape reads what follows a backslash and stands on its last character afterwards.
func (l *lexer) escape(b *strings.Builder) {
	from := l.at
	l.at++
	if l.at >= len(l.text) {
		return
	}
	switch r := l.text[l.at]; r {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case '"', '\'', '\\':
		b.WriteRune(r)
	case 'u':
		if l.at+4 < len(l.text) {
			if n, err := strconv.ParseUint(string(l.text[l.at+1:l.at+5]), 16, 16); err == nil && (n < 0xd800 || n > 0xdfff) && n != 0 {
				b.WriteRune(rune(n))
				l.at += 4
				return
			}
		}
		fallthrough
	default:
		l.report(from, sihe.CodeExprSyntax, `known are \n \t \" \' \\ and \u4e2d`, "read \\%c: no such escape", r)
	}
}

// operator reads one operator, or something that is none and says what to write instead.
func (l *lexer) operator(r rune) {
	from := l.at
	next := rune(0)
	if from+1 < len(l.text) {
		next = l.text[from+1]
		if a, ok := ascii(next); ok {
			next = rune(a)
		}
	}
	two := string(r) + string(next)
	switch two {
	case "??", "==", "!=", "<=", ">=", "&&", "||", "=>":
		if l.text[from+1] != next {
			l.report(from+1, sihe.CodeExprSyntax, "switch the input method: write "+two, "read %c: a full-width character", l.text[from+1])
		}
		l.at += 2
		l.add(tokenOperator, two, from)
		return
	case "<>":
		l.instead(2, "!=", "write !=")
		return
	}
	switch r {
	case '+', '-', '*', '/', '<', '>', '!', '(', ')', ',', '.':
		l.at++
		l.add(tokenOperator, string(r), from)
	case '=':
		l.instead(1, "==", "compare with ==")
	case '&':
		l.instead(1, "&&", "write &&")
	case '|':
		l.instead(1, "||", "write ||")
	case '≠':
		l.instead(1, "!=", "write !=")
	case '≤':
		l.instead(1, "<=", "write <=")
	case '≥':
		l.instead(1, ">=", "write >=")
	case '?', ':', '[', ']', '%', '{', '}', ';':
		l.at++ // the parser knows what to say
		l.add(tokenOperator, string(r), from)
	default:
		l.report(from, sihe.CodeExprSyntax, "", "read %q: not part of the language", r)
		l.at++
	}
}

// instead reports an operator of other languages and goes on with ours.
func (l *lexer) instead(length int, operator, suggestion string) {
	from := l.at
	l.at += length
	l.report(from, sihe.CodeExprSyntax, suggestion, "read %s: no such operator", string(l.text[from:l.at]))
	l.add(tokenOperator, operator, from)
}
