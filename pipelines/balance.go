package pipelines

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sihehub/sihe/pipelines/store"
)

// Recount compares the balance of a pipeline (of all when empty), on one day or on all when it is empty, with what the
// store really holds, and with what the view, which reads the bus by itself, knows of each entity (invariant 4). Rows that
// do not close because something is being carried right now are looked at again.
func (h *Hub) Recount(ctx context.Context, pipeline, day string) (all []store.Recount, err error) {
	names := []string{pipeline}
	if pipeline == "" {
		if names, err = h.balanced(); err != nil {
			return nil, err
		}
	}
	c := &recounting{h: h, day: day, stated: map[string]map[string]int64{}}
	for _, name := range names {
		rows, err := c.pipeline(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// balanced lists the streets that count, or once did.
func (h *Hub) balanced() (names []string, err error) {
	for _, s := range h.allStreets() {
		names = append(names, s.name())
	}
	err = h.o.Store.View(func(tx *store.Tx) error {
		totals, err := tx.Totals()
		for name := range totals {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

type recounting struct {
	h      *Hub
	day    string
	stated map[string]map[string]int64 // by entity: events by day
}

// recounts is how often a row that does not close is counted again, recountWait how long apart.
const (
	recounts    = 5
	recountWait = 200 * time.Millisecond
)

func (c *recounting) pipeline(ctx context.Context, name string) (rows []store.Recount, err error) {
	c.calm(ctx, name)
	for range recounts {
		if rows, err = c.once(ctx, name); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(rows, func(r store.Recount) bool { return r.Unreceived > 0 }) || !pause(ctx, recountWait) {
			break
		}
	}
	return rows, ctx.Err()
}

// calm gives a pipeline a moment to come to the end of what the bus has for it.
func (c *recounting) calm(ctx context.Context, name string) {
	d, ok := c.h.deliverer(name)
	for range recounts {
		if !ok {
			return
		}
		if lag, err := c.h.lag(ctx, d); err != nil || lag == 0 || !pause(ctx, recountWait) {
			return
		}
	}
}

// once counts in one transaction: nothing moves meanwhile.
func (c *recounting) once(ctx context.Context, name string) (rows []store.Recount, err error) {
	d, deliver := c.h.deliverer(name)
	more := func() bool { return ctx.Err() == nil }
	err = c.h.o.Store.View(func(tx *store.Tx) error {
		if rows, err = tx.Recount(name, c.day, more); err != nil || !deliver {
			return err
		}
		entity := d.p.From.FullName()
		if _, known := c.stated[entity]; !known {
			dayOf := func(t time.Time) string { return t.In(c.h.o.Zone).Format(time.DateOnly) }
			if c.stated[entity], err = tx.StatedOn(entity, c.day, dayOf, more); err != nil {
				return err
			}
		}
		rows = c.compare(tx, d, rows)
		return nil
	})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || !deliver {
		return rows, err
	}
	if lag, unknown := c.h.lag(ctx, d); unknown != nil || lag != 0 { // it has not read everything yet, or the bus does not tell
		for i := range rows {
			rows[i].Unreceived = 0
		}
		rows = slices.DeleteFunc(rows, func(r store.Recount) bool { return r.Received.Count == 0 && len(r.Held) == 0 })
	}
	return rows, err
}

// compare puts what the view knows beside what the pipeline has received. Only numbers: what a pipeline does not listen to
// is not read, so nobody knows its amount. The view leaves out what cannot be read.
func (c *recounting) compare(tx *store.Tx, d *deliverer, rows []store.Recount) []store.Recount {
	entity := d.p.From.FullName()
	received, first := map[string]int64{}, map[string]int{}
	for i, r := range rows {
		if r.Entity != entity {
			continue
		}
		if _, known := first[r.Day]; !known {
			first[r.Day] = i
		}
		received[r.Day] += r.Received.Count
	}
	for day, stated := range c.stated[entity] {
		if stated <= received[day] || !c.comparable(tx, day) {
			continue
		}
		i, known := first[day]
		if !known {
			i = len(rows)
			rows = append(rows, store.Recount{Row: store.Row{Pipeline: d.name(), Entity: entity, Day: day}})
		}
		rows[i].Unreceived = stated - received[day]
	}
	slices.SortStableFunc(rows, func(a, b store.Recount) int {
		return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Currency, b.Currency))
	})
	return rows
}

// comparable says whether view and bus still have all events of a day: a pipeline that was added later has read them too.
func (c *recounting) comparable(tx *store.Tx, day string) bool {
	kept := c.h.o.Topics.Retention
	return tx.StepsKept(day) && (kept == 0 || day > tx.Now().Add(-kept).AddDate(0, 0, 1).Format(time.DateOnly))
}
