package expr

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sihehub/sihe"
)

const maxPad = 1000

func textFunctions() []builtin {
	return []builtin{
		{Function{Signature: "trim(text)", En: "without white space at both ends", Zh: "去掉首尾空白", Example: `trim("  Linjiang ")`, Result: "Linjiang"}, 1, 1, recased(strings.TrimSpace)},
		{Function{Signature: "upper(text)", En: "in capital letters", Zh: "转为大写", Example: `upper("cny")`, Result: "CNY"}, 1, 1, recased(strings.ToUpper)},
		{Function{Signature: "lower(text)", En: "in small letters", Zh: "转为小写", Example: `lower("CNY")`, Result: "cny"}, 1, 1, recased(strings.ToLower)},
		{Function{Signature: "replace(text, old, new)", En: "every old replaced by new", Zh: "替换所有 old 为 new", Example: `replace("CO-2026-0001", "CO-", "SO-")`, Result: "SO-2026-0001"}, 3, 3, simple(texts(), replaceText, KindText)},
		{Function{Signature: "substr(text, start[, length])", En: "characters from start (0 is the first, -4 the fourth from the end)", Zh: "从 start 起取字符（0 为首位，-4 为倒数第四位）", Example: `substr("13800138000", -4)`, Result: "8000"}, 2, 3, simple(texts(), substr, KindText, KindInt)},
		{Function{Signature: `pad(text, width[, fill[, "right"]])`, En: "filled up to width, in front unless right is said; fill is a space if left out", Zh: "补足到 width 位，默认在前补，fill 默认为空格", Example: `pad("42", 6, "0")`, Result: "000042"}, 2, 4, compilePad},
		{Function{Signature: "split(text, separator)", En: "list of the parts between separators", Zh: "按分隔符拆成列表", Example: `split("A,B,C", ",")`, Result: "[A, B, C]"}, 2, 2, simple(ListType(texts()), split, KindText)},
		{Function{Signature: "concat(text, text, …)", En: "the texts one after the other", Zh: "依次连接文本", Example: `concat("SO", "-", "0001")`, Result: "SO-0001"}, 1, anyNumber, compileConcat},
		{Function{Signature: "length(text)", En: "number of characters", Zh: "字符数", Example: `length("临江公司")`, Result: "4"}, 1, 1, simple(ints(), func(_ *Frame, x, _, _ Value) Value { return IntValue(int64(utf8.RuneCountInString(x.Text()))) }, KindText)},
		{Function{Signature: "starts_with(text, part)", En: "does the text begin with part?", Zh: "是否以 part 开头", Example: `starts_with("SO-1", "SO-")`, Result: "true"}, 2, 2, simple(bools(), func(_ *Frame, x, y, _ Value) Value { return BoolValue(strings.HasPrefix(x.Text(), y.Text())) }, KindText)},
		{Function{Signature: "ends_with(text, part)", En: "does the text end with part?", Zh: "是否以 part 结尾", Example: `ends_with("invoice.pdf", ".pdf")`, Result: "true"}, 2, 2, simple(bools(), func(_ *Frame, x, y, _ Value) Value { return BoolValue(strings.HasSuffix(x.Text(), y.Text())) }, KindText)},
		{Function{Signature: "contains(text, part)", En: "does the text contain part?", Zh: "是否包含 part", Example: `contains("临江贸易有限公司", "贸易")`, Result: "true"}, 2, 2, simple(bools(), func(_ *Frame, x, y, _ Value) Value { return BoolValue(strings.Contains(x.Text(), y.Text())) }, KindText)},
		{Function{Signature: "matches(text, pattern)", En: "does the constant RE2 pattern match somewhere? use ^ and $ for all of the text", Zh: "是否匹配正则（RE2，常量）；全文匹配请用 ^ 与 $", Example: `matches("91330100MA27X1YT0H", "^[0-9A-Z]{18}$")`, Result: "true"}, 2, 2, compileMatches},
	}
}

// recased is the compile of a function of one text; the values of an enum are changed with it.
func recased(change func(string) string) func(*checker, *syntax) node {
	return func(c *checker, s *syntax) node {
		args, ok := c.arguments(s, KindText)
		if !ok {
			return c.silent(s)
		}
		result := texts()
		for _, v := range args[0].typ.Enum {
			result.Enum = append(result.Enum, change(v))
		}
		return c.applied(s, result, func(f *Frame, x, _, _ Value) Value { return f.made(change(x.Text())) }, args...)
	}
}

func replaceText(f *Frame, x, old, with Value) Value {
	if old.Text() == "" {
		fail(sihe.CodeExprValue, "replace in a text: there is nothing to be replaced")
	}
	f.room(len(x.Text()) + strings.Count(x.Text(), old.Text())*max(0, len(with.Text())-len(old.Text())))
	return TextValue(strings.ReplaceAll(x.Text(), old.Text(), with.Text()))
}

func substr(f *Frame, x, start, length Value) Value {
	all := []rune(x.Text())
	size := int64(len(all))
	from := start.n
	if from < 0 {
		from = max(0, from+size)
	}
	from = min(from, size)
	to := size
	if !length.IsNull() {
		to = from + max(0, min(length.n, size-from))
	}
	return f.made(string(all[from:to]))
}

func compilePad(c *checker, s *syntax) node {
	right := false
	if len(s.args) == 4 {
		side, ok := c.oneOf(s.args[3], "the side", "left", "right")
		if !ok {
			return c.silent(s)
		}
		right = side == "right"
	}
	first := *s
	first.args = s.args[:min(3, len(s.args))]
	return simple(texts(), func(f *Frame, x, width, fill Value) Value {
		with := " "
		if !fill.IsNull() {
			with = fill.Text()
		}
		if utf8.RuneCountInString(with) != 1 || width.n > maxPad {
			fail(sihe.CodeExprValue, "pad a text: fill must be one character and width at most %d", maxPad)
		}
		missing := max(0, int(width.n)-utf8.RuneCountInString(x.Text()))
		if right {
			return f.made(x.Text() + strings.Repeat(with, missing))
		}
		return f.made(strings.Repeat(with, missing) + x.Text())
	}, KindText, KindInt, KindText)(c, &first)
}

func split(f *Frame, x, separator, _ Value) Value {
	if separator.Text() == "" {
		fail(sihe.CodeExprValue, "split a text: the separator is empty")
	}
	f.spend(strings.Count(x.Text(), separator.Text()))
	parts := strings.Split(x.Text(), separator.Text())
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = TextValue(p)
	}
	return ListValue(items)
}

func compileConcat(c *checker, s *syntax) node {
	args, ok := c.arguments(s, KindText)
	if !ok {
		return c.silent(s)
	}
	n := c.joined(s, args...)
	n.typ = texts()
	n.run = func(f *Frame) Value {
		var b strings.Builder
		for _, a := range args {
			part := a.run(f).Text()
			f.room(len(part))
			b.WriteString(part)
		}
		return TextValue(b.String())
	}
	return c.folded(n)
}

func compileMatches(c *checker, s *syntax) node {
	text := c.value(s.args[0])
	pattern, ok := c.constantText(s.args[1], "the pattern")
	if !c.want(text, KindText) || !ok {
		return c.silent(s)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		c.problem(s.args[1].at, sihe.CodeExprArgument, "patterns are RE2: no look-around, no back-references", "read the pattern: %v", err)
		return c.silent(s)
	}
	return c.applied(s, bools(), func(f *Frame, x, _, _ Value) Value {
		f.spend(len(x.Text()) / 64)
		return BoolValue(re.MatchString(x.Text()))
	}, text)
}
