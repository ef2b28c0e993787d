package expr

import (
	"time"

	"github.com/sihehub/sihe"
)

// A Date is a calendar date without time and zone: days since 1970-01-01. Years run from 1 to 9999.
type Date int32

const (
	dateLayout = "2006-01-02"
	secondsDay = 86400
	firstDate  = Date(-719162) // 0001-01-01
	lastDate   = Date(2932896) // 9999-12-31
)

// ParseDate reads "2026-07-31" and nothing else.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || t.Year() < 1 {
		return 0, sihe.Permanent(sihe.Errorf(sihe.CodeExprValue, "read date %.40q: not like 2026-07-31", s))
	}
	return DateOf(t), nil
}

// DateOf returns the calendar date that t shows in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// NewDate returns the date of a year, month and day; days beyond the month's end run into the next.
func NewDate(year int, month time.Month, day int) Date {
	return Date(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), secondsDay)) //nolint:gosec // years are four digits
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Time returns the date's first moment in a zone.
func (d Date) Time(loc *time.Location) time.Time {
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

func (d Date) utc() time.Time { return time.Unix(int64(d)*secondsDay, 0).UTC() }

// AddDays returns the date n days later; it stays within the years 1 to 9999.
func (d Date) AddDays(n int) Date { return clampDate(int64(d) + int64(n)) }

// AddMonths returns the same day n months later, or the month's last day where there is none: 31 January + 1 is 28 or
// 29 February.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.utc().Date()
	n = max(-200_000, min(n, 200_000))
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return clampDate(floorDiv(first.Unix(), secondsDay) + int64(min(day, last)-1))
}

// MonthEnd returns the last day of the date's month.
func (d Date) MonthEnd() Date {
	y, m, _ := d.utc().Date()
	return NewDate(y, m+1, 0)
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// String writes the date like 2026-07-31.
func (d Date) String() string { return d.utc().Format(dateLayout) }

// MarshalText writes the date like 2026-07-31.
func (d Date) MarshalText() ([]byte, error) { return d.utc().AppendFormat(nil, dateLayout), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	*d = v
	return err
}

func clampDate(n int64) Date { return Date(max(int64(firstDate), min(n, int64(lastDate)))) }
