package pipelines

import (
	"context"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// failingRuns is how many expected runs without a success make a failing state out of a bad moment; patience is how long
// that takes at least.
const (
	failingRuns = 3
	patience    = time.Minute
)

// A course is something that should succeed again and again: a poll, a job, a check. That it does not is a failing state,
// whether it reports errors, hangs, or is never begun.
type course struct {
	limit   func(since time.Time) time.Time // until when it must have succeeded again; zero: it need not
	success time.Time                       // the last one, or the start
	last    string                          // the last error, "" after a success
}

// expect lets the hub notice when something does not succeed any more. It is reported under the name, as by report.
func (h *Hub) expect(name string, limit func(since time.Time) time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.courses[name] = &course{limit: limit, success: h.started}
}

// expectEvery is expect for what is done at an interval.
func (h *Hub) expectEvery(name string, every time.Duration) {
	h.expect(name, func(since time.Time) time.Time { return since.Add(max(failingRuns*every, patience)) })
}

// goesOn notes progress of something that has not ended yet.
func (h *Hub) goesOn(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c, ok := h.courses[name]; ok {
		c.success = h.o.Now()
	}
}

// overdue says since when a course has not succeeded, when that is for too long. Called with the lock held.
func (c *course) overdue(now time.Time) (since time.Time, yes bool) {
	if c.success.After(now) {
		c.success = now // the clock was set back
	}
	limit := c.limit(c.success)
	return c.success, !limit.IsZero() && now.After(limit)
}

// judge makes a failing state out of an error, or of nothing having been heard, when it has lasted too long. Called with
// the lock held.
func (h *Hub) judge(name string, err error, now time.Time) (since time.Time, failing error) {
	c, ok := h.courses[name]
	if !ok {
		return now, err
	}
	if err == nil {
		c.success, c.last = now, ""
		return now, nil
	}
	if sihe.CodeOf(err) != sihe.CodeNoProgress {
		c.last = err.Error()
	}
	if since, overdue := c.overdue(now); overdue {
		return since, noProgress(name, since, c.last)
	}
	return now, err
}

func noProgress(name string, since time.Time, last string) error {
	if last == "" {
		last = "it has not come to an end"
	}
	return sihe.Errorf(sihe.CodeNoProgress, "keep %s going: no success since %s: %s", name, since.UTC().Format(time.RFC3339), last)
}

// watchEvery is how often the hub looks whether everything goes on.
const watchEvery = time.Minute

// keepWatching looks once a minute, until ctx ends, at everything that should go on.
func (h *Hub) keepWatching(ctx context.Context) {
	w := &watcher{h: h, streets: map[string]*motion{}}
	for pause(ctx, watchEvery) {
		w.courses()
		w.motions(ctx)
		for _, s := range h.systems {
			s.habit.look(ctx, h, s)
		}
	}
}

type watcher struct {
	h       *Hub
	streets map[string]*motion
}

// courses reports those of which nothing was heard for too long.
func (w *watcher) courses() {
	h := w.h
	now := h.o.Now()
	late := map[string]error{}
	h.mu.Lock()
	for name, c := range h.courses {
		if h.rests(name) {
			c.success = now
			continue
		}
		if since, overdue := c.overdue(now); overdue {
			late[name] = noProgress(name, since, c.last)
		}
	}
	h.mu.Unlock()
	for name, err := range late {
		if x := h.healthOf(name); x == nil || x.OK || x.Code != sihe.CodeNoProgress {
			h.report(name, err)
		}
	}
}

// rests says whether somebody has paused what the course reads. Called with the lock held.
func (h *Hub) rests(name string) bool {
	system, polls := strings.CutPrefix(name, "poll:")
	_, paused := h.pauses[normaliserPrefix+system]
	return polls && paused
}

// A motion is how far a street had come when it was last looked at.
type motion struct {
	ended int64
	since time.Time // nothing has ended
}

// motions reports streets that have something to do and end nothing. A street that is paused, or whose targets are left
// alone or asked for silence, has its reason shown elsewhere.
func (w *watcher) motions(ctx context.Context) {
	h := w.h
	ended := map[string]int64{}
	h.mu.Lock()
	for part, c := range h.claims {
		ended[part.Pipeline] += c.ended.Load()
	}
	h.mu.Unlock()
	now := h.o.Now()
	for _, s := range h.allStreets() {
		name := "street:" + s.name()
		m, known := w.streets[s.name()]
		if !known || m.ended != ended[s.name()] || m.since.After(now) || h.waits(s) {
			w.streets[s.name()] = &motion{ended: ended[s.name()], since: now}
			if x := h.healthOf(name); x != nil && !x.OK {
				h.report(name, nil)
			}
			continue
		}
		if now.Sub(m.since) < h.o.Tuning.Stuck {
			continue
		}
		lag, err := h.lag(ctx, s)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil && lag > 0:
			h.report(name, sihe.Errorf(sihe.CodeNoProgress, "carry %d messages: none has ended since %s", lag, m.since.UTC().Format(time.RFC3339)))
		case err == nil:
			m.since = now // nothing to do
		}
	}
}

// waits says whether there is a reason known why a street ends nothing.
func (h *Hub) waits(s street) bool {
	h.mu.Lock()
	_, paused := h.pauses[s.name()]
	h.mu.Unlock()
	if paused || h.blocked(s) != nil {
		return true
	}
	d, ok := s.(*siding)
	if !ok {
		return false
	}
	for _, x := range h.playing(d.now.Load().p.To.Module) {
		if _, asleep := x.lane.inUse(); !asleep.IsZero() {
			return true
		}
	}
	return false
}

// Degraded says whether something that the hub keeps doing does not go on: [Hub.Status] tells what. It says nothing about
// whether something can be taken in; that is [Hub.Ready].
func (h *Hub) Degraded() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.health {
		if !x.OK {
			return true
		}
	}
	return false
}

// tellAtMost is how many changes of state may wait to be told.
const tellAtMost = 256

// keepTelling enters changes of state into the feed, in their order, until ctx ends.
func (h *Hub) keepTelling(ctx context.Context) {
	for {
		select {
		case a := <-h.changed:
			h.tell(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

// changedTo lets a change of health be told. When the store is so slow that many wait, the log alone has it.
func (h *Hub) changedTo(x *Health, known bool) {
	a := store.Activity{Kind: store.KindState, Name: "degraded", Key: x.Name, Why: store.Why{Code: x.Code, Text: x.Message}}
	switch {
	case x.OK && !known, strings.HasPrefix(x.Name, breakerModule), strings.HasPrefix(x.Name, brakeHealth):
		return // breaker and brake tell of themselves
	case x.OK:
		a.Name = "recovered"
	case x.Failing:
		a.Name = "failing"
	}
	select {
	case h.changed <- a:
	default:
	}
}
