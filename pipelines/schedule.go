package pipelines

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sihehub/sihe"
)

// A Job runs on a schedule, one run at a time: a run that is due while the one before still works is left out.
type Job struct {
	Name     string
	Schedule string // five fields, in the hub's zone; empty: only by [Hub.RunJob]
	Do       func(ctx context.Context) error
}

type job struct {
	Job
	schedule cron.Schedule
	running  chan struct{} // holds the one permission to run
}

func (h *Hub) addJob(j Job, f *sihe.Findings) {
	n := &job{Job: j, running: make(chan struct{}, 1)}
	if j.Schedule != "" {
		n.schedule = parseSchedule("jobs."+j.Name, j.Schedule, f)
	}
	h.jobs = append(h.jobs, n)
}

func parseSchedule(path, line string, f *sihe.Findings) cron.Schedule {
	s, err := cron.ParseStandard(line)
	if err != nil {
		*f = append(*f, sihe.Finding{Severity: sihe.SeverityError, Code: sihe.CodeScheduleSyntax, Path: path, Message: err.Error()})
	}
	return s
}

// untilNext waits for the next time of a schedule, in the hub's zone; false when ctx ended first. It looks at the clock
// again every minute, so that a clock that is set cannot let it sleep on.
func (h *Hub) untilNext(ctx context.Context, s cron.Schedule) bool {
	next := s.Next(h.o.Now().In(h.o.Zone))
	for {
		wait := next.Sub(h.o.Now())
		if wait <= 0 {
			return ctx.Err() == nil
		}
		if !pause(ctx, min(wait, longestNap)) {
			return false
		}
		if earlier := s.Next(h.o.Now().In(h.o.Zone)); earlier.Before(next) {
			next = earlier
		}
	}
}

// keepJob runs a job whenever its schedule says so.
func (h *Hub) keepJob(ctx context.Context, j *job) {
	for h.untilNext(ctx, j.schedule) {
		_ = h.runJob(ctx, j) // reported already
	}
}

// RunJob runs a job now; it is CodeBusy while it is running.
func (h *Hub) RunJob(ctx context.Context, name string) error {
	for _, j := range h.jobs {
		if j.Name == name {
			return h.runJob(ctx, j)
		}
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "run job %q: there is no such job", name))
}

func (h *Hub) runJob(ctx context.Context, j *job) (err error) {
	select {
	case j.running <- struct{}{}:
	default:
		return sihe.Errorf(sihe.CodeBusy, "run job %s: it is running", j.Name)
	}
	defer func() { <-j.running }()
	defer func() { h.report("job:"+j.Name, err) }()
	defer caught(&err)
	return j.Do(ctx)
}

// wake returns when a source should be read next.
func (h *Hub) wake(ctx context.Context, s *system) bool {
	var changed <-chan struct{}
	if n, ok := s.Connector.(sihe.Notifier); ok {
		changed = n.Changed()
	}
	if s.schedule != nil && changed == nil {
		return h.untilNext(ctx, s.schedule)
	}
	t := time.NewTimer(s.Every)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
		return false
	}
	return true
}
