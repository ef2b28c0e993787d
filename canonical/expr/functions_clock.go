package expr

import (
	"time"

	"github.com/sihehub/sihe"
)

// clockFunctions are those over instants. Zones are names of the IANA database, which the binary carries; they are
// loaded when an expression is compiled.
func clockFunctions() []builtin {
	return []builtin{
		{Function{Signature: "date_in(time, zone)", En: "the calendar date of an instant in a zone", Zh: "某时刻在该时区的日期", Example: `date_in(signed_at, "Asia/Shanghai")`, Result: "2026-02-01"}, 2, 2, compileDateIn},
		{Function{Signature: "time_in(date, clock, zone)", En: `the instant when the zone's clocks show it; clock is like "08:30" or "08:30:15"`, Zh: "该时区日期与钟点对应的时刻；clock 形如 08:30 或 08:30:15", Example: `time_in(order_date, "08:30", "Asia/Shanghai")`, Result: "2026-01-31T00:30:00Z"}, 3, 3, compileTimeIn},
		{Function{Signature: "parse_time(text, pattern[, zone])", En: "instant written like the constant pattern: yyyy MM M dd d HH mm ss SSS XXX (offset); without XXX the zone is needed", Zh: "按常量格式读取时刻：yyyy MM M dd d HH mm ss SSS XXX（偏移）；没有 XXX 时需给出时区", Example: `parse_time("2026-01-31 09:30:00", "yyyy-MM-dd HH:mm:ss", "Asia/Shanghai")`, Result: "2026-01-31T01:30:00Z"}, 2, 3, compileParseTime},
		{Function{Signature: "format_time(time, pattern, zone)", En: "instant written like the constant pattern, as the zone's clocks show it", Zh: "按常量格式与时区写出时刻", Example: `format_time(signed_at, "yyyy-MM-dd HH:mm:ss", "Asia/Shanghai")`, Result: "2026-02-01 07:59:59"}, 3, 3, compileFormatTime},
		{Function{Signature: `from_unix(n[, "ms"])`, En: "the instant n seconds (or milliseconds) after 1970", Zh: "Unix 秒（或毫秒）对应的时刻", Example: `from_unix(1769904000000, "ms")`, Result: "2026-02-01T00:00:00Z"}, 1, 2, compileFromUnix},
		{Function{Signature: `unix(time[, "ms"])`, En: "seconds (or milliseconds) since 1970", Zh: "时刻对应的 Unix 秒（或毫秒）", Example: `unix(signed_at, "ms")`, Result: "1769903999000"}, 1, 2, compileUnix},
	}
}

// zone reads a constant zone name.
func (c *checker) zone(s *syntax) (*time.Location, bool) {
	name, ok := c.constantText(s, "the zone")
	if !ok {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		hint := closest(name, []string{"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Tokyo", "Asia/Singapore", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "UTC"})
		c.problem(s.at, sihe.CodeExprArgument, hint, "unknown zone %q", name)
		return nil, false
	}
	return loc, true
}

func compileDateIn(c *checker, s *syntax) node {
	at := c.value(s.args[0])
	loc, ok := c.zone(s.args[1])
	if !c.want(at, KindTime) || !ok {
		return c.silent(s)
	}
	return c.applied(s, dates(), func(_ *Frame, x, _, _ Value) Value { return DateValue(DateOf(x.Time().In(loc))) }, at)
}

func compileTimeIn(c *checker, s *syntax) node {
	date := c.value(s.args[0])
	clock, known := c.constantText(s.args[1], "the clock")
	loc, ok := c.zone(s.args[2])
	if known {
		if _, err := time.Parse("15:04:05", longClock(clock)); err != nil {
			c.problem(s.args[1].at, sihe.CodeExprArgument, `write "08:30"`, "unknown clock %q", clock)
			return c.silent(s)
		}
	}
	if !c.want(date, KindDate) || !ok || !known {
		return c.silent(s)
	}
	t, _ := time.Parse("15:04:05", longClock(clock))
	return c.applied(s, times(), func(_ *Frame, x, _, _ Value) Value {
		y, m, d := x.Date().utc().Date()
		return TimeValue(time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, loc))
	}, date)
}

func longClock(clock string) string {
	if len(clock) == len("08:30") {
		return clock + ":00"
	}
	return clock
}

func compileParseTime(c *checker, s *syntax) node {
	text := c.value(s.args[0])
	layout, ok := c.layout(s.args[1], timeTokens)
	loc, given := time.UTC, false
	if len(s.args) == 3 {
		loc, given = c.zone(s.args[2])
		ok = ok && given
	}
	if ok && !given && !hasOffset(layout) {
		c.problem(s.at, sihe.CodeExprArgument, `add a zone, e.g. "Asia/Shanghai"`, "parse_time: the pattern has no offset (XXX), so the zone must be given")
		ok = false
	}
	if !c.want(text, KindText) || !ok {
		return c.silent(s)
	}
	return c.applied(s, times(), func(_ *Frame, x, _, _ Value) Value {
		t, err := time.ParseInLocation(layout, x.Text(), loc)
		if err != nil || t.Year() < 1 {
			fail(sihe.CodeExprValue, "read time %.40q: not like the pattern", x.Text())
		}
		return TimeValue(t)
	}, text)
}

func compileFormatTime(c *checker, s *syntax) node {
	at := c.value(s.args[0])
	layout, known := c.layout(s.args[1], timeTokens)
	loc, ok := c.zone(s.args[2])
	if !c.want(at, KindTime) || !ok || !known {
		return c.silent(s)
	}
	return c.applied(s, texts(), func(f *Frame, x, _, _ Value) Value { return f.made(x.Time().In(loc).Format(layout)) }, at)
}

// The instants of the years 1 to 9999, in seconds.
const (
	firstSecond = int64(firstDate) * secondsDay
	lastSecond  = int64(lastDate+1)*secondsDay - 1
)

func compileFromUnix(c *checker, s *syntax) node {
	n := c.value(s.args[0])
	milli, ok := c.milliseconds(s)
	if !c.want(n, KindInt) || !ok {
		return c.silent(s)
	}
	return c.applied(s, times(), func(_ *Frame, x, _, _ Value) Value {
		seconds, rest := x.n, int64(0)
		if milli {
			seconds = floorDiv(x.n, 1000)
			rest = x.n - seconds*1000
		}
		if seconds < firstSecond || seconds > lastSecond {
			fail(sihe.CodeExprValue, "read the time %d: beyond the years 1 to 9999; are these milliseconds?", x.n)
		}
		return TimeValue(time.Unix(seconds, rest*1e6))
	}, n)
}

func compileUnix(c *checker, s *syntax) node {
	at := c.value(s.args[0])
	milli, ok := c.milliseconds(s)
	if !c.want(at, KindTime) || !ok {
		return c.silent(s)
	}
	return c.applied(s, ints(), func(_ *Frame, x, _, _ Value) Value {
		if milli {
			return IntValue(x.n*1000 + int64(x.exp)/1e6)
		}
		return IntValue(x.n)
	}, at)
}

// milliseconds reads the optional unit.
func (c *checker) milliseconds(s *syntax) (milli, ok bool) {
	if len(s.args) == 1 {
		return false, true
	}
	unit, ok := c.oneOf(s.args[1], "the unit", "s", "ms")
	return unit == "ms", ok
}
