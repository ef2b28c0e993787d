package sihe

import (
	"cmp"
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed chinese.txt
var chinese string

// A Phrasebook has the Chinese of what the compilers of the files say: messages and suggestions, which are made in English,
// with names and values in them. It is immutable.
type Phrasebook struct{ phrases []phrase }

// A phrase is an English format and its Chinese, in which {1} stands for the first value.
type phrase struct {
	format  string
	english *regexp.Regexp
	weight  int // letters that do not vary: the heaviest that fits is meant
	chinese string
}

// verbs are what stands for a value in a format.
const verbs = `%(?:\.\d+)?[svdqc]|%%`

// NewPhrasebook reads the phrases that come with the program.
func NewPhrasebook() *Phrasebook {
	b := &Phrasebook{}
	verb := regexp.MustCompile(verbs)
	for entry := range strings.SplitSeq(strings.TrimSpace(chinese), "\n\n") {
		format, zh, _ := strings.Cut(entry, "\n")
		p := phrase{format: format, chinese: zh}
		var pattern strings.Builder
		at := 0
		for _, place := range verb.FindAllStringIndex(format, -1) {
			fixed := format[at:place[0]]
			pattern.WriteString(regexp.QuoteMeta(fixed) + valueOf(format[place[1]-1]))
			p.weight, at = p.weight+len(fixed), place[1]
		}
		p.weight += len(format) - at
		p.english = regexp.MustCompile(`(?s)^` + pattern.String() + regexp.QuoteMeta(format[at:]) + `$`)
		b.phrases = append(b.phrases, p)
	}
	slices.SortStableFunc(b.phrases, func(x, y phrase) int { return cmp.Compare(y.weight, x.weight) })
	return b
}

// valueOf matches what a verb has become.
func valueOf(verb byte) string {
	switch verb {
	case 'q':
		return "(\"(?:[^\"\\\\]|\\\\.)*\"|'.'|`[^`]*`)"
	case 'd':
		return `(-?\d+)`
	case 'c':
		return `(.)`
	case '%':
		return `%`
	}
	return `(.*?)`
}

// Chinese returns a message in Chinese; false when the book does not have it. A value that is a message itself is said in
// Chinese too.
func (b *Phrasebook) Chinese(message string) (string, bool) {
	zh, weight := b.say(message)
	return zh, weight > 0
}

// say returns the message in Chinese and how sure that is. What stands before a colon may be the field that the rest is
// about.
func (b *Phrasebook) say(message string) (zh string, weight int) {
	if field, rest, ok := strings.Cut(message, ": "); ok && !strings.Contains(field, " ") {
		if zh, weight = b.say(rest); weight > 0 {
			zh, weight = field+"："+zh, weight+len(": ")
		}
	}
	for _, p := range b.phrases {
		if p.weight < weight {
			break
		}
		if values := p.english.FindStringSubmatch(message); values != nil && p.means(values[1:]) {
			return b.fill(p, values[1:], message), p.weight
		}
	}
	return zh, weight
}

// lightWeight is below what a phrase must have to be sure when it begins with a value: else "%s needs %s" would be found in
// what it has nothing to do with.
const lightWeight = 12

// means says whether a phrase that fits is meant: a light one begins with a name.
func (p phrase) means(values []string) bool {
	return p.weight >= lightWeight || !strings.HasPrefix(p.format, "%") || !strings.Contains(values[0], " ")
}

func (b *Phrasebook) fill(p phrase, values []string, message string) string {
	pairs := make([]string, 0, 2*len(values))
	for i, v := range values {
		if strings.Contains(v, " ") && len(v) < len(message) {
			if zh, ok := b.Chinese(v); ok {
				v = zh
			}
		}
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(p.chinese)
}
