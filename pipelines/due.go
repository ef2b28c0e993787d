package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// longestNap bounds every computed wait, so that a clock that was set back cannot freeze what is due.
const longestNap = time.Minute

// dueLoop begins a lane for each subject whose kept head is due. All that it knows stands in the store, so 100,000
// parked subjects cost no memory.
func (c *claim) dueLoop(ctx context.Context) {
	var seen, pulled time.Time
	for {
		if err := c.h.resumed(ctx, c.street.name()); err != nil {
			return
		}
		now := c.h.o.Now()
		wall := now.Round(0) // without its monotonic part
		// Once in a while even so: the clock may have been ahead for just as long as it took to put something off.
		back := seen.IsZero() || wall.Before(seen) || now.Sub(pulled) >= longestNap
		if back {
			pulled = now
		}
		err := c.pullIn(ctx, back)
		seen = wall
		var wait time.Duration
		if err == nil {
			wait, err = c.startDue(ctx)
		}
		if err != nil {
			c.fail(err)
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-c.due:
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
		t.Stop()
	}
}

// pullIn makes due now what was put off by a clock that has been set back since, so that nothing waits for the size of the
// jump (RELIABILITY B1).
func (c *claim) pullIn(ctx context.Context, back bool) error {
	for back {
		var late []string
		err := c.h.o.Store.View(func(tx *store.Tx) (err error) {
			late, err = tx.PutOffByClock(c.part)
			return err
		})
		if err != nil || len(late) == 0 {
			return err
		}
		_, err = c.h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
			late, err := tx.PutOffByClock(c.part)
			for _, subject := range late {
				if _, err := tx.Wake(c.part, subject); err != nil {
					return nil, err
				}
			}
			return nil, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// startDue begins what is due and returns how long there is nothing more to do.
func (c *claim) startDue(ctx context.Context) (time.Duration, error) {
	now := c.h.o.Now()
	wait := longestNap
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.h.o.Store.View(func(tx *store.Tx) error {
		return tx.Due(c.part, func(due time.Time, subject string) bool {
			if due.After(now) {
				wait = min(wait, due.Sub(now))
				return false
			}
			if l, working := c.lanes[subject]; working {
				l.look = true // it comes back here when it ends
				return true
			}
			if c.reading >= fromStore {
				return false // whichever lane ends first comes back here
			}
			c.reading++
			c.begin(ctx, subject, &lane{look: true, kept: true})
			return true
		})
	})
	return wait, err
}
