package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// keepChecks runs every check when it is due, one after the other. A run that was missed while the hub was down, or while
// another one took its time, is made up for once.
func (h *Hub) keepChecks(ctx context.Context) {
	for pause(ctx, h.untilCheck()) {
		names, err := h.dueChecks()
		if err == nil && len(names) > 0 {
			_, err = h.RunChecks(ctx, CheckOrder{Names: names})
		}
		if ctx.Err() == nil {
			h.report("checks", err)
		}
	}
}

// untilCheck is how long nothing is due, a minute at most: files and clocks may change.
func (h *Hub) untilCheck() time.Duration {
	wait := longestNap
	_ = h.o.Store.View(func(tx *store.Tx) error {
		for _, c := range h.workingChecks(h.Plan()) {
			state, err := tx.Checked(c.Name)
			if err != nil {
				return err
			}
			wait = min(wait, h.nextCheck(c, state).Sub(h.o.Now()))
		}
		return nil
	}) // an error shows when the checks run
	return max(wait, h.o.Tuning.FirstRetry)
}

func (h *Hub) dueChecks() (names []string, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		names = nil
		for _, c := range h.workingChecks(h.Plan()) {
			state, err := tx.Checked(c.Name)
			if err != nil {
				return err
			}
			if !h.nextCheck(c, state).After(h.o.Now()) {
				names = append(names, c.Name)
			}
			h.slowCheck(c, state)
		}
		return nil
	})
	return names, err
}

// nextCheck is when a check is due, but not before everything that happened while the hub was down has had the time to come
// in.
func (h *Hub) nextCheck(c *Check, state store.Checked) time.Time {
	earliest := h.started.Add(min(h.every(c), max(c.Within, afterStart), longestStart))
	next := earliest
	switch {
	case state.Run.IsZero():
	case c.Schedule != nil:
		next = c.Schedule.Next(state.Run.In(h.o.Zone))
	default:
		next = state.Run.Add(h.every(c))
	}
	if next.Before(earliest) {
		return earliest
	}
	return next
}

// How long after its start a hub lets checks wait: as long as a check gives documents, between these.
const (
	afterStart   = time.Minute
	longestStart = 5 * time.Minute
)

func (h *Hub) every(c *Check) time.Duration {
	if c.Every > 0 {
		return c.Every
	}
	return h.o.Checks.Every
}

// missedChecks is how many runs a check may miss before it is failing.
const missedChecks = 3

// slowCheck says so when a check has not come to its end for several runs: silence must not pass for agreement.
func (h *Hub) slowCheck(c *Check, state store.Checked) {
	last := state.Run
	if last.IsZero() || last.Before(h.started) {
		last = h.started
	}
	due := last
	for range missedChecks {
		if c.Schedule != nil {
			due = c.Schedule.Next(due.In(h.o.Zone))
		} else {
			due = due.Add(h.every(c))
		}
	}
	if h.o.Now().After(due) {
		h.report(checkHealth(c.Name), sihe.Errorf(sihe.CodeCheckLate, "check %s: it has not run to its end since %s", c.Name, last.UTC().Format(time.RFC3339)))
	}
}
