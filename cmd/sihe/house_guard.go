package main

import (
	"maps"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// retention is what hub.yaml says: there 0 is for ever.
func retention(r config.Retention) store.Retention {
	keep := func(d time.Duration) time.Duration {
		if d == 0 {
			return -1
		}
		return d
	}
	return store.Retention{Deliveries: keep(r.Delivered), Steps: keep(r.Trace), Balance: keep(r.Balance), Audit: keep(r.Audit), Feed: r.Feed}
}

// limitsOf is what hub.yaml says of a system's budget and breaker.
func limitsOf(l config.Limit) pipelines.Limits {
	return pipelines.Limits{
		Rate: l.PerSecond, Concurrent: l.Concurrent,
		Breaker: pipelines.Breaking{Failures: l.Failures, Pause: l.Pause, Longest: l.Longest},
	}
}

// timetableOf is when a system is asked what is new; zero when that goes by an interval.
func timetableOf(p config.Poll) pipelines.Timetable {
	if p.Schedule == nil {
		return pipelines.Timetable{}
	}
	return pipelines.Timetable{Cron: p.Schedule.Cron, Zone: p.Schedule.Zone, Missed: p.Schedule.Missed}
}

// schedule puts the schedules of hub.yaml over those that the jobs come with. One for a job that is not there is an error.
func schedule(jobs []pipelines.Job, schedules map[string]config.Schedule) error {
	var f sihe.Findings
	names := make([]string, 0, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		names = append(names, j.Name)
		s, ok := schedules[j.Name]
		if !ok {
			continue
		}
		j.Zone, j.Missed = s.Zone, s.Missed
		if s.Cron != "" {
			j.Schedule = s.Cron
		}
	}
	slices.Sort(names)
	for _, name := range slices.Sorted(maps.Keys(schedules)) {
		if !slices.Contains(names, name) {
			at := schedules[name].At
			f = append(f, sihe.Finding{
				Severity: sihe.SeverityError, Code: sihe.CodeConfigValue, Path: config.File, Line: at.Line(), Column: at.Column(),
				Message: "there is no job " + name, Suggestion: "jobs are " + join(names),
			})
		}
	}
	return f.Err()
}
