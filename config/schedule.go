package config

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/strictyaml"
)

// A Schedule is when something runs, by whose clock, and what becomes of a run that was due while the hub did not work.
type Schedule struct {
	Cron   string         // five fields; empty: the job's own
	Zone   *time.Location // of Cron
	Missed string         // MissedRun or MissedSkip
	At     *strictyaml.Node
}

// What becomes of a missed run.
const (
	MissedRun  = "run"  // once, as soon as the hub works again, however many were missed
	MissedSkip = "skip" // left out
)

// A Poll is when a system is asked what is new: after an interval, or by a schedule. Zero: the hub's default.
type Poll struct {
	Every    time.Duration
	Schedule *Schedule
}

// schedules reads the jobs' schedules by the jobs' names.
func (r *reader) schedules(n *strictyaml.Node) {
	r.c.Schedules = map[string]Schedule{}
	if n == nil {
		return
	}
	m, ok := n.Map()
	if !ok {
		return
	}
	for _, e := range m.Entries() {
		if s, ok := e.Value.Map(); ok {
			x := r.schedule(s)
			x.At = e.Key
			s.Done()
			r.c.Schedules[e.Name] = x
		}
	}
}

// schedule reads {cron:, zone:, missed:} of a map that may have more.
func (r *reader) schedule(m *strictyaml.Map) Schedule {
	s := Schedule{Zone: r.c.Zone, Missed: MissedRun}
	if v := m.Take("cron"); v != nil {
		s.Cron = line(v)
	}
	if v := m.Take("zone"); v != nil {
		s.Zone = r.zone(v)
	}
	if v := m.Take("missed"); v != nil {
		s.Missed, _ = v.OneOf(MissedRun, MissedSkip)
	}
	return s
}

// line reads the five fields of a cron line. The zone has a key of its own.
func line(n *strictyaml.Node) string {
	s, ok := n.Text()
	if !ok {
		return s
	}
	_, err := cron.ParseStandard(s)
	if err != nil || strings.HasPrefix(s, "@") || strings.Contains(s, "TZ=") {
		n.Report(sihe.CodeScheduleSyntax, `write five fields: minute hour day month weekday, e.g. "30 6 * * 1-5"`, "%q is not a schedule", s)
	}
	return s
}

// poll reads {every:} or {cron:, zone:, missed:}.
func (r *reader) poll(n *strictyaml.Node) Poll {
	var p Poll
	m, ok := n.Map()
	if !ok {
		return p
	}
	every, byCron := m.Take("every"), m.Key("cron")
	p.Every = span(every, time.Second, 7*day)
	s := r.schedule(m)
	m.Done()
	switch {
	case every != nil && byCron != nil:
		byCron.Report(sihe.CodeConfigValue, "keep one of them", "every and cron exclude each other")
	case every == nil && byCron == nil:
		n.Report(sihe.CodeConfigValue, "e.g. {every: 30s}", "neither every nor cron is given")
	case byCron != nil:
		p.Schedule = &s
	}
	return p
}
