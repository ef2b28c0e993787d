package expr

import (
	"strings"
	"unicode"

	"github.com/sihehub/sihe"
)

// A dateToken is one part of a date pattern, as Java and most ERP systems write it, and how Go writes it.
type dateToken struct{ pattern, layout string }

func dateTokens() []dateToken {
	return []dateToken{{"yyyy", "2006"}, {"yy", "06"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"}}
}

func timeTokens() []dateToken {
	return append(dateTokens(), dateToken{"HH", "15"}, dateToken{"mm", "04"}, dateToken{"ss", "05"}, dateToken{"SSS", "000"}, dateToken{"XXX", "Z07:00"})
}

func hasOffset(layout string) bool { return strings.HasSuffix(layout, "Z07:00") }

// layout reads a constant pattern and returns Go's layout for it. Letters that are no token stand in single quotes.
func (c *checker) layout(s *syntax, tokens func() []dateToken) (string, bool) {
	pattern, ok := c.constantText(s, "the pattern")
	if !ok {
		return "", false
	}
	layout, wrong := goLayout(pattern, tokens())
	if wrong != "" {
		names := make([]string, 0, 12)
		for _, t := range tokens() {
			names = append(names, t.pattern)
		}
		c.problem(s.at, sihe.CodeExprArgument, "known are "+strings.Join(names, " ")+" and 'T'", "read the pattern %q: %s", pattern, wrong)
		return "", false
	}
	return layout, true
}

func goLayout(pattern string, tokens []dateToken) (layout, wrong string) {
	var b strings.Builder
	short := false // the part before is a token of one letter, which reads as many digits as there are
	for rest := pattern; rest != ""; {
		r := []rune(rest)[0]
		if r == '\'' {
			quoted, after, closed := strings.Cut(rest[1:], "'")
			if !closed || (quoted != "T" && quoted != "Z") {
				return "", "only 'T' and 'Z' can be quoted"
			}
			b.WriteString(quoted)
			rest, short = after, false
			continue
		}
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			t, ok := longest(rest, tokens)
			if !ok {
				return "", "unknown part " + string(r)
			}
			last := lastByte(b.String())
			if one := len(t.pattern) == 1; short || one && last >= '0' && last <= '9' || strings.HasPrefix(t.layout, "2") && last == '_' {
				return "", t.pattern + " cannot stand directly behind another part"
			}
			if t.pattern == "SSS" && last != '.' && last != ',' {
				return "", "SSS must follow a point"
			}
			b.WriteString(t.layout)
			rest, short = rest[len(t.pattern):], len(t.pattern) == 1
			continue
		}
		b.WriteRune(r)
		rest, short = rest[len(string(r)):], false
	}
	if b.Len() == 0 {
		return "", "it is empty"
	}
	return b.String(), ""
}

// longest finds the token that a pattern begins with; the run of its letter must be as long.
func longest(rest string, tokens []dateToken) (dateToken, bool) {
	run := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
	for _, t := range tokens {
		if t.pattern == rest[:run] {
			return t, true
		}
	}
	return dateToken{}, false
}

func lastByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}
