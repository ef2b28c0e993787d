package pipelines

import (
	"context"
	"fmt"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Job runs on a schedule, one run at a time: a run that is due while the one before still works is left out.
type Job struct {
	Name     string
	Schedule string         // five fields; empty: only by [Hub.RunJob]
	Zone     *time.Location // of the schedule; nil: the hub's
	Missed   string         // what becomes of a run that was due while the hub did not work: MissedRun or MissedSkip
	Do       func(ctx context.Context) error
}

type job struct {
	Job
	table   *timetable
	running chan struct{} // holds the one permission to run
}

func (h *Hub) addJob(j Job, f *sihe.Findings) {
	n := &job{Job: j, running: make(chan struct{}, 1)}
	if j.Schedule != "" {
		n.table = h.timetable("jobs."+j.Name, Timetable{Cron: j.Schedule, Zone: j.Zone, Missed: j.Missed}, f)
	}
	if n.table != nil {
		h.expect("job:"+j.Name, func(since time.Time) time.Time { return n.table.nth(failingRuns, since) })
	}
	h.jobs = append(h.jobs, n)
}

// keepJob runs a job whenever its schedule says so.
func (h *Hub) keepJob(ctx context.Context, j *job) {
	h.keepTimes(ctx, "job:"+j.Name, j.table, func() { _ = h.runJob(ctx, j) }) // reported already
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

// How late a run may be before it counts as missed, and by how much a clock may have been set back before what it said
// earlier counts for nothing: then it was wrong by more than any daylight saving or correction.
const (
	lateRun   = 2 * longestNap
	wrongHour = 25 * time.Hour
)

// keepTimes does something at every time of a timetable, one after the other, until ctx ends. The last time that is dealt
// with is stored: so a run that was due while the hub did not work is found after a restart, and one that is done is not
// done again when the clock is set back.
func (h *Hub) keepTimes(ctx context.Context, name string, t *timetable, do func()) {
	last, _ := h.lastTime(ctx, name)
	for ctx.Err() == nil {
		due, late := h.untilDue(ctx, t, &last)
		if due.IsZero() {
			return
		}
		skip := late && t.missed == MissedSkip
		if late {
			h.missed(ctx, name, due, skip)
		}
		if !skip {
			h.remember(ctx, name, func(r *store.Run) { r.Began, r.Ended = h.o.Now(), time.Time{} })
			do()
			if ctx.Err() != nil {
				return // it may have been cut off: it counts as missed
			}
		}
		last = due
		if during, any := t.latest(due, h.o.Now()); any {
			last = during // due while it worked
		}
		h.remember(ctx, name, func(r *store.Run) {
			r.Due = last
			if !skip {
				r.Ended = h.o.Now()
			}
		})
	}
}

// lastTime is from where on times count. Something new begins now, and this is the first time that it is asked for.
func (h *Hub) lastTime(ctx context.Context, name string) (last time.Time, first bool) {
	now := h.o.Now()
	h.remember(ctx, name, func(r *store.Run) {
		if first = r.Due.IsZero(); first {
			r.Due = now
		}
		last = r.Due
	})
	if last.IsZero() { // the store did not answer
		last = now
	}
	return last, first
}

// untilDue waits for the next time after last; zero when ctx ended first. late says that the hub was not there in time. It
// looks at the clock again every minute, so that a clock that is set cannot let it sleep on.
func (h *Hub) untilDue(ctx context.Context, t *timetable, last *time.Time) (due time.Time, late bool) {
	for {
		now := h.o.Now()
		if last.Sub(now) > wrongHour {
			*last = now
		}
		if at, any := t.latest(*last, now); any {
			return at, now.Sub(at) > lateRun
		}
		wait := longestNap
		if next := t.next(*last); !next.IsZero() {
			wait = min(wait, max(next.Sub(now), time.Millisecond))
		}
		if !pause(ctx, wait) {
			return time.Time{}, false
		}
	}
}

func (h *Hub) missed(ctx context.Context, name string, due time.Time, skip bool) {
	h.remember(ctx, name, func(r *store.Run) { r.Missed++ })
	what := "it is made up for now"
	if skip {
		what = "it is left out"
	}
	text := fmt.Sprintf("due %s: %s", due.Format(time.RFC3339), what)
	h.o.Log.WarnContext(ctx, "a run was missed", "name", name, "due", due, "made_up", !skip)
	h.tell(ctx, store.Activity{Name: "run_missed", Key: name, Why: store.Why{Code: sihe.CodeRunMissed, Text: text}})
}

// remember changes what is stored of a run. That it could not is reported where the run itself is.
func (h *Hub) remember(ctx context.Context, name string, change func(*store.Run)) {
	_, err := h.update(context.WithoutCancel(ctx), func(tx *store.Tx) ([]store.Part, error) {
		r, err := tx.Run(name)
		if err != nil {
			return nil, err
		}
		change(&r)
		return nil, tx.SetRun(r)
	})
	if err != nil && !h.dead.Load() && ctx.Err() == nil {
		h.report(name, err)
	}
}

// wake returns when a source should be read next by its interval.
func (h *Hub) wake(ctx context.Context, s *system) bool {
	var changed <-chan struct{}
	if n, ok := s.Connector.(sihe.Notifier); ok {
		changed = n.Changed()
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
