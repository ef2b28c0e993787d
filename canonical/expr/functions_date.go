package expr

import (
	"time"

	"github.com/sihehub/sihe"
)

const maxWorkdays = 5000

func dateFunctions() []builtin {
	return []builtin{
		{Function{Signature: "add_days(date, n)", En: "n days later", Zh: "n 天后", Example: `add_days(order_date, 30)`, Result: "2026-03-02"}, 2, 2, simple(dates(), func(_ *Frame, x, n, _ Value) Value { return dateAt(x.n, n.n) }, KindDate, KindInt)},
		{Function{Signature: "add_months(date, n)", En: "the same day n months later, or the last day of that month", Zh: "n 个月后的同一天，无该日时取月末", Example: `add_months(order_date, 1)`, Result: "2026-02-28"}, 2, 2, simple(dates(), addMonths, KindDate, KindInt)},
		{Function{Signature: "month_end(date)", En: "last day of the month", Zh: "当月最后一天", Example: `month_end(order_date)`, Result: "2026-01-31"}, 1, 1, simple(dates(), func(_ *Frame, x, _, _ Value) Value { return DateValue(x.Date().MonthEnd()) }, KindDate)},
		{Function{Signature: "days_between(from, to)", En: "days from one date to another, negative when to is earlier", Zh: "两个日期相差的天数，to 较早时为负", Example: `days_between(order_date, add_months(order_date, 1))`, Result: "28"}, 2, 2, simple(ints(), func(_ *Frame, x, y, _ Value) Value { return IntValue(y.n - x.n) }, KindDate)},
		{Function{Signature: "workday(date, n[, calendar])", En: `the n-th working day after date (before, if negative). Saturday and Sunday are off, save what the lookup named calendar says per date: {"2026-10-01": off, "2026-10-10": on}`, Zh: "date 之后（负数为之前）第 n 个工作日。周六日休息；calendar 为查找表名，可按日期指定 off（放假）或 on（调休上班）", Example: `workday(order_date, 3)`, Result: "2026-02-04"}, 2, 3, compileWorkday},
		{Function{Signature: "parse_date(text, pattern)", En: "date written like the constant pattern: yyyy MM M dd d", Zh: "按常量格式读取日期：yyyy MM M dd d", Example: `parse_date("20260131", "yyyyMMdd")`, Result: "2026-01-31"}, 2, 2, compileParseDate},
		{Function{Signature: "format_date(date, pattern)", En: "date written like the constant pattern: yyyy yy MM M dd d", Zh: "按常量格式写出日期：yyyy yy MM M dd d", Example: `format_date(order_date, "yyyy年M月d日")`, Result: "2026年1月31日"}, 2, 2, compileFormatDate},
	}
}

// dateAt returns the date n days after a day; beyond the years 1 to 9999 it is an error.
func dateAt(day, n int64) Value {
	const far = 4_000_000
	if n > far || n < -far || day+n < int64(firstDate) || day+n > int64(lastDate) {
		fail(sihe.CodeExprValue, "move %s by %d days: beyond the years 1 to 9999", Date(day), n) //nolint:gosec // was a date
	}
	return Value{kind: KindDate, n: day + n}
}

func addMonths(_ *Frame, x, n, _ Value) Value {
	y, m, _ := x.Date().utc().Date()
	const far = 200_000
	if n.n > far || n.n < -far {
		fail(sihe.CodeExprValue, "move %s by %d months: beyond the years 1 to 9999", x, n.n)
	}
	if first := time.Date(y, m+time.Month(n.n), 1, 0, 0, 0, 0, time.UTC); first.Year() < 1 || first.Year() > 9999 {
		fail(sihe.CodeExprValue, "move %s by %d months: beyond the years 1 to 9999", x, n.n)
	}
	return DateValue(x.Date().AddMonths(int(n.n)))
}

func compileWorkday(c *checker, s *syntax) node {
	args := make([]node, 2)
	args[0], args[1] = c.value(s.args[0]), c.value(s.args[1])
	var special map[Date]bool
	ok := true
	if len(s.args) == 3 {
		special, ok = c.calendar(s.args[2])
	}
	if x, y := c.want(args[0], KindDate), c.want(args[1], KindInt); !x || !y || !ok {
		return c.silent(s)
	}
	return c.applied(s, dates(), func(f *Frame, x, n, _ Value) Value {
		if n.n > maxWorkdays || n.n < -maxWorkdays {
			fail(sihe.CodeExprValue, "count %d working days: at most %d", n.n, maxWorkdays)
		}
		return workday(f, x, n.n, special)
	}, args...)
}

// calendar reads a lookup of dates that are on or off against the week.
func (c *checker) calendar(s *syntax) (map[Date]bool, bool) {
	l, ok := c.lookup(s)
	if !ok {
		return nil, false
	}
	special := make(map[Date]bool, len(l.Table))
	for k, v := range l.Table {
		d, err := ParseDate(k)
		if err != nil || (v != "on" && v != "off") {
			c.problem(s.at, sihe.CodeExprLookup, `write "2026-10-01": off`, "lookup %s is no calendar: %s: %s", l.Name, k, v)
			return nil, false
		}
		special[d] = v == "on"
	}
	return special, true
}

func workday(f *Frame, from Value, n int64, special map[Date]bool) Value {
	step := int64(1)
	if n < 0 {
		step, n = -1, -n
	}
	day := from
	for n > 0 {
		f.spend(1)
		day = dateAt(day.n, step)
		d := day.Date()
		on, known := special[d]
		if !known {
			on = d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
		}
		if on {
			n--
		}
	}
	return day
}

func compileParseDate(c *checker, s *syntax) node {
	text := c.value(s.args[0])
	layout, ok := c.layout(s.args[1], dateTokens)
	if !c.want(text, KindText) || !ok {
		return c.silent(s)
	}
	return c.applied(s, dates(), func(_ *Frame, x, _, _ Value) Value {
		t, err := time.Parse(layout, x.Text())
		if err != nil || t.Year() < 1 {
			fail(sihe.CodeExprValue, "read date %.40q: not like the pattern", x.Text())
		}
		return DateValue(DateOf(t))
	}, text)
}

func compileFormatDate(c *checker, s *syntax) node {
	date := c.value(s.args[0])
	layout, ok := c.layout(s.args[1], dateTokens)
	if !c.want(date, KindDate) || !ok {
		return c.silent(s)
	}
	return c.applied(s, texts(), func(f *Frame, x, _, _ Value) Value {
		return f.made(x.Date().utc().Format(layout))
	}, date)
}
