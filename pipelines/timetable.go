package pipelines

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe"
)

// A Timetable says when something is due: a cron line of five fields, by the clock of a zone.
type Timetable struct {
	Cron   string
	Zone   *time.Location // nil: the hub's
	Missed string         // MissedRun (also when empty) or MissedSkip
}

// What becomes of a run that was due while the hub did not work.
const (
	MissedRun  = "run"  // one run makes up for all of them
	MissedSkip = "skip" // it is left out
)

// timetable is a Timetable at work.
type timetable struct {
	spec   cron.Schedule
	zone   *time.Location
	fixed  bool // it names hours, so it means the clock on the wall
	missed string
}

// timetable compiles t; nil when it is wrong, and then f has it.
func (h *Hub) timetable(path string, t Timetable, f *sihe.Findings) *timetable {
	spec, err := cron.ParseStandard(t.Cron)
	if err != nil {
		*f = append(*f, sihe.Finding{Severity: sihe.SeverityError, Code: sihe.CodeScheduleSyntax, Path: path, Message: err.Error()})
		return nil
	}
	n := &timetable{spec: spec, zone: t.Zone, missed: t.Missed}
	def(&n.zone, h.o.Zone)
	def(&n.missed, MissedRun)
	const everyHour = 1 << 63 // as the cron package marks a star
	s, ok := spec.(*cron.SpecSchedule)
	n.fixed = ok && s.Hour&everyHour == 0
	return n
}

// next returns the first time after a moment, zero when there is none within five years. A schedule that names hours
// runs once on the day on which the clock is put back, and also on the day on which its hour is left out; one that does
// not goes on in its even steps.
func (t *timetable) next(after time.Time) time.Time {
	local := after.In(t.zone)
	if !t.fixed {
		return t.spec.Next(local)
	}
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	for {
		if wall = t.spec.Next(wall); wall.IsZero() {
			return wall
		}
		at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, t.zone)
		if at.After(after) {
			return at
		}
	}
}

// latest returns the last time that is after one moment and not after the other, and whether there is any. A gap of more
// than a year is looked at from its end only.
func (t *timetable) latest(after, now time.Time) (last time.Time, any bool) {
	const day = 24 * time.Hour
	for _, back := range []time.Duration{25 * time.Hour, 32 * day, 367 * day} {
		from := now.Add(-back)
		if from.Before(after) {
			from = after
		}
		for at := t.next(from); !at.IsZero() && !at.After(now); at = t.next(at) {
			last, any = at, true
		}
		if any || from.Equal(after) {
			break
		}
	}
	return last, any
}

// nth returns the n-th time after a moment, zero when there are fewer.
func (t *timetable) nth(n int, after time.Time) time.Time {
	for ; n > 0 && !after.IsZero(); n-- {
		after = t.next(after)
	}
	return after
}
