package expr

import (
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

func TestDate(t *testing.T) {
	for text, days := range map[string]Date{
		"1970-01-01": 0, "1969-12-31": -1, "2000-02-29": 11016, "0001-01-01": firstDate, "9999-12-31": lastDate, "2026-07-31": 20665,
	} {
		d, err := ParseDate(text)
		if err != nil || d != days || d.String() != text {
			t.Errorf("%s is day %d (%s), %v; want %d", text, d, d, err, days)
		}
		var back Date
		if b, err := d.MarshalText(); err != nil || back.UnmarshalText(b) != nil || back != d {
			t.Errorf("%s reads back as %s, %v", text, back, err)
		}
	}
	for _, text := range []string{"", "2026-7-31", "2026-02-30", "0000-01-01", "10000-01-01", "2026-07-31T00:00:00Z", "31.07.2026"} {
		if d, err := ParseDate(text); sihe.CodeOf(err) != sihe.CodeExprValue {
			t.Errorf("%q is %s, %v", text, d, err)
		}
	}
	d := NewDate(2024, time.January, 31)
	for got, want := range map[Date]string{
		d.AddDays(1): "2024-02-01", d.AddMonths(1): "2024-02-29", d.AddMonths(13): "2025-02-28", d.AddMonths(-11): "2023-02-28",
		d.MonthEnd(): "2024-01-31", d.AddMonths(1).MonthEnd(): "2024-02-29", lastDate.AddDays(5): "9999-12-31", firstDate.AddMonths(-1): "0001-01-01",
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if at := d.Time(shanghai); !at.Equal(time.Date(2024, 1, 30, 16, 0, 0, 0, time.UTC)) || DateOf(at) != d {
		t.Errorf("%s begins at %s in Shanghai", d, at)
	}
	if d.Weekday() != time.Wednesday || firstDate.Weekday() != time.Monday {
		t.Error("wrong day of the week")
	}
}

// TestCalendar counts working days over the National Day holidays of 2026, with a Saturday worked instead.
func TestCalendar(t *testing.T) {
	table := map[string]string{"2026-10-10": "on"}
	for d := NewDate(2026, time.October, 1); d <= NewDate(2026, time.October, 7); d++ {
		table[d.String()] = "off"
	}
	scope := &Scope{Lookups: map[string]*Lookup{"节假日": {Name: "节假日", Table: table}}}
	for text, want := range map[string]string{
		`workday(parse_date("2026-09-30", "yyyy-MM-dd"), 1, "节假日")`:  "2026-10-08",
		`workday(parse_date("2026-10-09", "yyyy-MM-dd"), 1, "节假日")`:  "2026-10-10",
		`workday(parse_date("2026-10-09", "yyyy-MM-dd"), 1)`:         "2026-10-12",
		`workday(parse_date("2026-10-08", "yyyy-MM-dd"), -1, "节假日")`: "2026-09-30",
	} {
		p, problems := Compile(text, scope)
		if problems != nil {
			t.Fatal(text, problems)
		}
		if v, err := p.Eval(&Frame{}); err != nil || v.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"yyyy-MM-dd": "2006-01-02", "yyyyMMdd": "20060102", "yyyy年M月d日": "2006年1月2日", "dd.MM.yy": "02.01.06", "yyyy/M/d HH:mm": "2006/1/2 15:04",
		"yyyyMMddHHmmss": "20060102150405", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX": "2006-01-02T15:04:05.000Z07:00", "yyyy-MM-dd'T'HH:mm:ss'Z'": "2006-01-02T15:04:05Z",
	} {
		if got, wrong := goLayout(pattern, timeTokens()); got != want || wrong != "" {
			t.Errorf("%s is %q (%s), want %q", pattern, got, wrong, want)
		}
	}
	for _, pattern := range []string{"", "YYYY", "yyy", "Md", "dM", "M15", "yyyy_d", "ssSSS", "'x'", "'T", "hh:mm", "EEE", "yyyy-MM-dd 1", "Mss"} {
		if got, wrong := goLayout(pattern, timeTokens()); wrong == "" {
			t.Errorf("%s is %q", pattern, got)
		}
	}
}
