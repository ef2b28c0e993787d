package pipelines

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// noDue leaves a kept event to whoever wakes it.
var noDue time.Time //nolint:gochecknoglobals // the zero time, never assigned

// intend records the plan in one transaction with everything that it depends on: duplicates, the order of the subject,
// the version, the awaited document, the digest. A write goes out only after its intent is durable (invariant 7). go
// says that this is so; again that something has changed since the plan was made.
func (d *deliverer) intend(ctx context.Context, p *parcel, pl *plan) (rec *store.Delivery, write bool, proof sihe.Token, again bool, err error) {
	proof, err = d.h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
		write, again = false, false
		if woken, err = d.h.observe(tx, p, d.p.From); err != nil {
			return nil, err
		}
		var state admission
		rec, state, err = admit(tx, p, func() *store.Delivery { return d.received(p) })
		if err != nil || state == duplicate || state == behind {
			return woken, err
		}
		write, again, err = d.record(tx, p, pl, rec)
		return woken, err
	})
	if err == nil && !again {
		err = d.h.at(StepIntended, p.id)
	}
	return rec, write, proof, again, err
}

// received is the record of an event that is seen for the first time.
func (d *deliverer) received(p *parcel) *store.Delivery {
	e := p.event
	r := p.delivery(d.h, d.p.From.FullName(), sourceSystem(e), e.Name(), e.Version, e.Time)
	r.Chain, r.Cause, r.Hops = e.CorrelationID, e.CausationID, e.Hops
	r.Body = "" // an event's id is computed from its content
	return r
}

func (d *deliverer) record(tx *store.Tx, p *parcel, pl *plan, rec *store.Delivery) (write, again bool, err error) {
	if pl.to == store.Filtered {
		return false, false, tx.Finish(rec, pl.to, pl.why)
	}
	newest, err := tx.Mark(p.part, p.subject, p.event.Version)
	if err != nil {
		return false, false, err
	}
	if p.event.Version < newest {
		return false, false, tx.Finish(rec, store.Unchanged, store.Why{Code: sihe.CodeStale})
	}
	switch pl.to {
	case store.Waiting:
		again, err = d.wait(tx, p, pl, rec)
		return false, again, err
	case store.Unchanged:
		same, err := isEcho(tx, pl)
		if err != nil || !same {
			return false, true, err
		}
		rec.Target = &pl.target
		return false, false, tx.Finish(rec, pl.to, pl.why)
	case store.Writing:
		return d.intent(tx, pl, rec)
	case store.Rejected:
		return false, false, tx.Finish(rec, pl.to, pl.why)
	default:
		return false, false, tx.Hold(rec, p.message, pl.to, pl.why, noDue)
	}
}

// wait lets the event wait for a document, unless it has come in the meantime or the deadline is over.
func (d *deliverer) wait(tx *store.Tx, p *parcel, pl *plan, rec *store.Delivery) (again bool, err error) {
	if pl.system != nil {
		return d.lingers(tx, p, pl, rec)
	}
	if pl.await == (store.Ref{}) {
		return true, nil // it was to line up behind others, which are gone
	}
	known, err := tx.Known(pl.await)
	if err != nil || known {
		return known, err
	}
	limit := d.p.Deadline
	def(&limit, d.h.o.Tuning.NeedsFor)
	if latest := tx.Now().Add(limit); rec.Deadline.IsZero() || rec.Deadline.After(latest) { // the clock may have been set back
		rec.Deadline = latest
	}
	if !rec.Deadline.After(tx.Now()) {
		why := store.Why{Code: sihe.CodeWaitingDeadline, Text: pl.why.Text}
		return false, tx.Hold(rec, p.message, store.Parked, why, noDue)
	}
	if err := tx.Await(rec, pl.await); err != nil {
		return false, err
	}
	return false, tx.Hold(rec, p.message, store.Waiting, pl.why, rec.Deadline)
}

// intent is the write-ahead record of one call.
func (d *deliverer) intent(tx *store.Tx, pl *plan, rec *store.Delivery) (write, again bool, err error) {
	same, err := isEcho(tx, pl)
	if err != nil {
		return false, false, err
	}
	rec.Target, rec.Digest = &pl.target, pl.digest
	if same {
		return false, false, tx.Finish(rec, store.Unchanged, store.Why{Code: sihe.CodeEcho})
	}
	if rec.Write, err = json.Marshal(pl.write); err != nil {
		return false, false, sihe.Errorf(sihe.CodeInternal, "record the intent of %s: %w", rec.ID, err)
	}
	if err := tx.BeginWrite(pl.target); err != nil {
		return false, false, err
	}
	rec.Attempts++
	return true, false, tx.Move(rec, store.Writing, store.Why{})
}
