package pipelines

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// whoBrakes is who pauses a pipeline when nobody does.
const whoBrakes = "brake"

// brakeHealth names the brake of a pipeline among what is watched.
const brakeHealth = "brake:"

// reserve counts a planned write before it is made. It returns what takes it back, or why the pipeline must stand.
func (d *deliverer) reserve(p *parcel, pl *plan) (undo func(), trip *store.Trip, err error) {
	b := d.p.Brake.over(d.h.o.Brake)
	x := braked{cancels: cancelling(d.p.Do) || cancelling(p.event.Name())}
	if !b.limits() || b.Records <= 0 && len(b.Amount) == 0 && d.p.Do == sihe.DoCreate && !x.cancels {
		return func() {}, nil, nil // nothing of it could count
	}
	if x.changed, err = d.changes(pl.target); err != nil {
		return nil, nil, err
	}
	if p.amount != nil {
		x.amount, x.currency = p.amount.Max(p.amount.Neg()), p.currency
	}
	t := d.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	now := d.h.o.Now()
	if err := d.load(b, now); err != nil {
		return nil, nil, err
	}
	if now.Before(t.lifted) && t.lifted.Sub(now) <= b.Window {
		return func() {}, nil, nil
	}
	x.slice = b.slice(now)
	t.slide(x.slice)
	if err := d.countTarget(b, x.slice); err != nil {
		return nil, nil, err
	}
	trip, back := t.count(b, d.written(p.id, pl.target), x)
	return func() { t.mu.Lock(); defer t.mu.Unlock(); back() }, trip, nil
}

// written names the document of a write. One that is made has no key yet.
func (d *deliverer) written(event string, g store.Target) string {
	if d.p.Do == sihe.DoCreate {
		return event
	}
	return g.System + "/" + g.Key
}

// changes says whether a write changes a document that the target has.
func (d *deliverer) changes(g store.Target) (changes bool, err error) {
	if d.p.Do == sihe.DoCreate {
		return false, nil
	}
	if d.p.Do != sihe.DoCopy {
		return true, nil
	}
	err = d.h.o.Store.View(func(tx *store.Tx) error {
		changes, err = tx.Known(store.Ref{Module: g.Module, Entity: g.Entity, Key: g.Key})
		return err
	})
	return changes, err
}

// countTarget counts the documents that the share is of, once in each piece of the window, and only when it matters.
func (d *deliverer) countTarget(b Brake, slice int64) error {
	t := d.tally
	if b.Share <= 0 || t.changed < leastShare-1 || t.all > 0 && t.counted == slice {
		return nil
	}
	t.counted = slice
	return d.h.o.Store.View(func(tx *store.Tx) (err error) {
		t.all, err = tx.CountDocuments(d.p.Entity.FullName())
		return err
	})
}

// load counts again, after a start, what was or may have been written within the window. Called with the tally locked.
func (d *deliverer) load(b Brake, now time.Time) error {
	t := d.tally
	if t.loaded {
		return nil
	}
	t.clear()
	since := now.Add(-b.Window)
	err := d.h.o.Store.View(func(tx *store.Tx) (err error) {
		if t.lifted, err = tx.Lifted(d.p.Name); err != nil {
			return err
		}
		if t.lifted.After(since) {
			since = t.lifted
		}
		for _, part := range tx.Parts(d.p.Name) {
			err := tx.Recent(part, since, func(rec *store.Delivery) (bool, error) {
				if rec.State == store.Delivered && rec.Target != nil {
					d.note(b, rec, rec.Since)
				}
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		err = tx.Open(store.Unknown, func(rec *store.Delivery) (bool, error) {
			if rec.Pipeline == d.p.Name && rec.Target != nil {
				d.note(b, rec, now)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		return tx.Balance(d.p.Name, func(r store.Row) (bool, error) {
			w := r.States[store.Writing]
			t.pending += int(w.Count)
			t.owed[r.Currency] = t.owed[r.Currency].Add(w.Amount.Max(w.Amount.Neg()))
			return true, nil
		})
	})
	t.loaded = err == nil
	return err
}

// note counts a write that was made, whatever the limits say. Called with the tally locked.
func (d *deliverer) note(b Brake, rec *store.Delivery, at time.Time) {
	x := braked{slice: b.slice(at), changed: d.p.Do != sihe.DoCreate, cancels: cancelling(d.p.Do) || cancelling(rec.Name)}
	if rec.Amount != nil {
		x.amount, x.currency = rec.Amount.Max(rec.Amount.Neg()), rec.Currency
	}
	d.tally.put(d.written(rec.ID, *rec.Target), x)
}

// noteUnfinished counts a write in which the hub died as made, now that its document is known. What becomes of it is found
// out later.
func (d *deliverer) noteUnfinished(rec *store.Delivery) error {
	b := d.p.Brake.over(d.h.o.Brake)
	if !b.limits() || rec.Target == nil {
		return nil
	}
	t, now := d.tally, d.h.o.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := d.load(b, now); err != nil {
		return err
	}
	d.note(b, rec, now)
	if rec.State != store.Writing {
		return nil
	}
	t.pending = max(0, t.pending-1)
	if rec.Amount != nil {
		t.owed[rec.Currency] = t.owed[rec.Currency].Sub(rec.Amount.Max(rec.Amount.Neg()))
	}
	return nil
}

// stand lets the pipeline stand before the write that would have been too much, in one transaction with the event that is
// kept for later, the audit row and the feed.
func (d *deliverer) stand(tx *store.Tx, p *parcel, pl *plan, rec *store.Delivery) error {
	why := store.Why{Code: sihe.CodeBrake, Text: pl.trip.Text}
	if _, paused, err := tx.Pause(d.p.Name); err != nil {
		return err
	} else if !paused {
		if err := tx.Audit(store.Audit{Who: whoBrakes, Action: "brake", Object: d.p.Name, Reason: why.Text}); err != nil {
			return err
		}
		if err := tx.SetPause(d.p.Name, &store.Pause{Name: d.p.Name, Who: whoBrakes, Why: why.Text, Brake: pl.trip}); err != nil {
			return err
		}
		if err := tx.Tell(store.Activity{Kind: store.KindState, Pipeline: d.p.Name, Name: "brake_tripped", Event: rec.ID, Why: why}); err != nil {
			return err
		}
	}
	return tx.Hold(rec, p.message, store.Waiting, why, tx.Now())
}

// halt keeps the street from beginning anything more, before that is durable.
func (d *deliverer) halt(trip *store.Trip) {
	d.h.mu.Lock()
	if _, paused := d.h.pauses[d.p.Name]; !paused {
		d.h.pauses[d.p.Name] = make(chan struct{})
	}
	d.h.mu.Unlock()
	d.h.report(brakeHealth+d.p.Name, tripError(d.p.Name, trip))
}

func tripError(pipeline string, trip *store.Trip) error {
	return sihe.Errorf(sihe.CodeBrake, "carry on with %s: %s", pipeline, trip.Text)
}

// liftedFor is how long the limits of a pipeline do not hold once somebody has lifted its brake: one window.
func (h *Hub) liftedFor(pipeline string) time.Duration {
	if d, ok := h.deliverer(pipeline); ok {
		return d.p.Brake.over(h.o.Brake).Window
	}
	return time.Hour
}

// lift takes the brake off for one window, in the transaction that lets the pipeline go on. It returns until when.
func (h *Hub) lift(tx *store.Tx, p store.Pause, by By) (until time.Time, err error) {
	until = tx.Now().Add(h.liftedFor(p.Name))
	if err := by.audit(tx, "lift-brake", p.Name); err != nil {
		return until, err
	}
	if err := tx.Lift(p.Name, until); err != nil {
		return until, err
	}
	return until, tx.Tell(store.Activity{
		Kind: store.KindState, Pipeline: p.Name, Name: "brake_lifted", Who: by.Who,
		Why: store.Why{Text: by.Why + " (until " + until.UTC().Format(time.RFC3339) + ")"},
	})
}

// lifted lets the count begin anew after a lift.
func (h *Hub) lifted(pipeline string, until time.Time) {
	h.report(brakeHealth+pipeline, nil)
	if d, ok := h.deliverer(pipeline); ok {
		d.tally.mu.Lock()
		defer d.tally.mu.Unlock()
		d.tally.clear()
		d.tally.lifted, d.tally.loaded = until, true
	}
}
