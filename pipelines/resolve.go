package pipelines

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// resolve finds out what became of a write that may have been done (invariant 7). A sink that recognises its ids is
// asked the same again; else the Finder looks the document up; a target that can do neither waits for a person.
func (d *deliverer) resolve(ctx context.Context, p *parcel, rec *store.Delivery) (sihe.Token, error) {
	var w sihe.Write
	if err := json.Unmarshal(rec.Write, &w); err != nil || rec.Target == nil {
		return sihe.Token{}, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read the intent of %s %s: %w", rec.Pipeline, rec.ID, err))
	}
	s, ok := d.h.system(rec.Target.System)
	if rec.State == store.Writing || !ok || !s.resolvable() {
		// it was under way when the hub stopped: from now on it is known to be unknown
		if err := d.noteUnfinished(rec); err != nil {
			return sihe.Token{}, err
		}
		return d.settle(ctx, p, rec, w, outcome{to: store.Unknown, why: store.Why{Code: sihe.CodeTargetUnfinished}})
	}
	pass, err := d.h.enter(ctx, s, max(LaneWriteBack, d.laneOf(p)))
	if err != nil {
		return sihe.Token{}, err
	}
	if pass == nil {
		return d.settle(ctx, p, rec, w, s.postponed(rec))
	}
	if s.idempotent() {
		out := d.askAgain(ctx, s, rec, w)
		pass.leave(ctx, d.document(p), out.err)
		return d.settle(ctx, p, rec, w, out)
	}
	out := d.lookUp(ctx, s, rec, w)
	pass.leave(ctx, d.document(p), out.err)
	if out.to != store.Unknown {
		d.h.doubts.over(rec)
	}
	if err := d.h.at(StepSettling, p.id); err != nil {
		return sihe.Token{}, err
	}
	return d.settle(ctx, p, rec, w, out)
}

// askAgain repeats the write under its id. Not being done this time says nothing about the first.
func (d *deliverer) askAgain(ctx context.Context, s *system, rec *store.Delivery, w sihe.Write) outcome {
	out := d.write(ctx, s, rec, w)
	if out.to == store.Retrying {
		out.to = store.Unknown
	}
	return out
}

// lookUp asks the Finder. That the write is not there counts only once it cannot still be on its way.
func (d *deliverer) lookUp(ctx context.Context, s *system, rec *store.Delivery, w sihe.Write) outcome {
	call, cancel := d.h.outlast(ctx)
	defer cancel()
	r, found, err := find(call, s.finder, w)
	switch {
	case err != nil:
		return outcome{to: store.Unknown, why: whyOf(err), after: afterOf(err), err: err}
	case found && r.Unchanged:
		return outcome{to: store.Unchanged, why: store.Why{Code: sihe.CodeAlreadySo}, receipt: r}
	case found:
		return outcome{to: store.Delivered, receipt: r}
	}
	if left := d.h.o.Tuning.Settle - d.h.doubts.age(rec, d.h.o.Now()); left > 0 {
		return outcome{to: store.Unknown, why: rec.Why, after: left}
	}
	return outcome{to: store.Retrying, why: store.Why{Code: rec.Code, Text: "it never arrived"}}
}

func find(ctx context.Context, f sihe.Finder, w sihe.Write) (r sihe.Receipt, found bool, err error) {
	defer caught(&err)
	return f.FindWrite(ctx, w)
}

// doubt keeps an event whose write may have been done. It is looked up again and again, ever less often; a target that
// cannot be asked waits for [Hub.Resolve].
func (d *deliverer) doubt(tx *store.Tx, p *parcel, rec *store.Delivery, out outcome) error {
	s, ok := d.h.system(rec.Target.System)
	if !ok || !s.resolvable() {
		why := store.Why{Code: sihe.CodeOutcomeUnknown, Text: string(out.why.Code) + " " + out.why.Text}
		return tx.Hold(rec, p.message, store.Unknown, why, noDue)
	}
	wait := max(min(out.after, longestAfter), time.Millisecond)
	if !out.idle {
		rec.LookUps++
		wait = max(wait, d.backoff(rec.LookUps))
	}
	return tx.Hold(rec, p.message, store.Unknown, out.why, tx.Now().Add(wait))
}

// settleByHand records what a person found out about a write.
func (h *Hub) settleByHand(tx *store.Tx, rec *store.Delivery, r Resolution, by By) ([]store.Part, error) {
	why := store.Why{Code: sihe.CodeResolved, Text: by.Why}
	if !r.Done {
		k, err := tx.Kept(rec)
		if err != nil {
			return nil, err
		}
		if err := tx.EndWrite(*rec.Target, "", rec.ID); err != nil {
			return nil, err
		}
		rec.Attempts, rec.LookUps = 0, 0
		return nil, tx.Hold(rec, k.Message, store.Retrying, why, tx.Now())
	}
	d, ok := h.deliverer(rec.Pipeline)
	if !ok {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "resolve event %s: there is no pipeline %s any more", rec.ID, rec.Pipeline))
	}
	var w sihe.Write
	if err := json.Unmarshal(rec.Write, &w); err != nil {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read the intent of %s %s: %w", rec.Pipeline, rec.ID, err))
	}
	return d.receive(tx, rec, w, outcome{to: store.Delivered, why: why, receipt: sihe.Receipt{Key: r.Key, Version: r.Version}})
}

func (h *Hub) deliverer(pipeline string) (*deliverer, bool) {
	for _, s := range h.allStreets() {
		if d, ok := s.(*siding); ok && d.name() == pipeline {
			return d.now.Load(), true
		}
	}
	return nil, false
}
