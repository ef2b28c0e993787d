package pipelines

import (
	"context"
	"maps"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A RerunOrder says what is to be carried again through a pipeline.
type RerunOrder struct {
	Pipeline string    `json:"pipeline"`
	Since    time.Time `json:"since,omitzero"` // of a replay: when the event came to the bus; of a backfill: when the document changed
	Until    time.Time `json:"until,omitzero"` // of a replay; zero is now
	Key      string    `json:"key,omitempty"`  // of one document; empty: all
	// Again also writes what was delivered before. A document that is made or acted on is written under the same id as the
	// first time, so that a target which has it does nothing, or is looked up first.
	Again bool `json:"again,omitempty"`
}

// A RerunStatus is a rerun and what became of its events.
type RerunStatus struct {
	store.Rerun
	States map[store.State]int64 `json:"states"` // of what was taken up
	// Outcomes adds up both: what was taken up, by its state, and what was left as it is.
	Outcomes map[string]int64 `json:"outcomes"`
	InFlight int64            `json:"in_flight"`
}

// StartReplay lets the stored events of a period go through a pipeline again, in order per document, in the lowest lane of
// its target's budget. It returns at once; the rerun goes on over restarts ([Hub.Rerun] tells how far it is).
//
// It is harmless where nothing has changed: what the pipeline does not want, what the target has as it would be written,
// and what is older than the document's newest event is left as it is. So is, without Again, everything that makes a
// document or acts on one and was delivered; and what was delivered but would not be now.
func (h *Hub) StartReplay(ctx context.Context, o RerunOrder, by By) (RerunStatus, error) {
	d, err := h.rerunnable(o)
	if err != nil {
		return RerunStatus{}, err
	}
	r, err := h.stretchOf(ctx, d, o)
	if err != nil {
		return RerunStatus{}, err
	}
	return h.addRerun(ctx, r, by)
}

// StartBackfill lets the latest state of every document that the pipeline listens to go through it, e.g. because the
// pipeline, or the system that it writes to, is new. The event names of on: count as always. The rules of StartReplay hold.
func (h *Hub) StartBackfill(ctx context.Context, o RerunOrder, by By) (RerunStatus, error) {
	d, err := h.rerunnable(o)
	if err != nil {
		return RerunStatus{}, err
	}
	r, err := h.documentsOf(d, o)
	if err != nil {
		return RerunStatus{}, err
	}
	return h.addRerun(ctx, r, by)
}

func (h *Hub) rerunnable(o RerunOrder) (*deliverer, error) {
	d, ok := h.deliverer(o.Pipeline)
	if !ok {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "carry again: there is no pipeline %s at work", o.Pipeline))
	}
	if !o.Until.IsZero() && o.Until.Before(o.Since) {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "carry again: until is before since"))
	}
	return d, nil
}

// stretchOf is a replay with its bounds, which do not move while it runs.
func (h *Hub) stretchOf(ctx context.Context, d *deliverer, o RerunOrder) (store.Rerun, error) {
	topic := d.topic()
	r := store.Rerun{
		Kind: store.RerunReplay, Pipeline: o.Pipeline, Entity: d.p.From.FullName(), Since: o.Since, Until: o.Until, Key: o.Key, Again: o.Again,
	}
	spans, err := h.o.Bus.Offsets(ctx, topic)
	if err != nil {
		return r, err
	}
	starts, ends := make([]int64, len(spans)), make([]int64, len(spans))
	if !o.Since.IsZero() {
		if starts, err = h.o.Bus.OffsetsAt(ctx, topic, o.Since); err != nil {
			return r, err
		}
	}
	for i, s := range spans {
		ends[i] = s.Next
	}
	if !o.Until.IsZero() {
		if ends, err = h.o.Bus.OffsetsAt(ctx, topic, o.Until); err != nil {
			return r, err
		}
	}
	for i, s := range spans {
		starts[i] = max(starts[i], s.First)
		ends[i] = max(starts[i], min(ends[i], s.Next))
		if o.Key != "" && i != partitionOf(o.Key, len(spans)) {
			starts[i] = ends[i]
		}
		r.Total += ends[i] - starts[i]
	}
	r.Next, r.End = starts, ends
	return r, nil
}

func (h *Hub) documentsOf(d *deliverer, o RerunOrder) (r store.Rerun, err error) {
	r = store.Rerun{Kind: store.RerunBackfill, Pipeline: o.Pipeline, Entity: d.p.From.FullName(), Since: o.Since, Key: o.Key, Again: o.Again}
	if o.Key != "" {
		r.Total = 1
		return r, nil
	}
	err = h.o.Store.View(func(tx *store.Tx) error {
		n, err := tx.CountDocuments(r.Entity)
		r.Total = int64(n)
		return err
	})
	return r, err
}

func (h *Hub) addRerun(ctx context.Context, r store.Rerun, by By) (RerunStatus, error) {
	r.Who, r.Why = by.Who, by.Why
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		if err := by.audit(tx, r.Kind, r.Pipeline); err != nil {
			return nil, err
		}
		return nil, tx.AddRerun(&r)
	})
	if err != nil {
		return RerunStatus{}, err
	}
	select {
	case h.rerun <- struct{}{}:
	default:
	}
	return h.Rerun(r.ID)
}

// Rerun tells how far a replay or backfill is.
func (h *Hub) Rerun(id uint64) (s RerunStatus, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		r, found, err := tx.Rerun(id)
		if err == nil && !found {
			err = sihe.Permanent(sihe.Errorf(sihe.CodeRerunUnknown, "look for rerun %d: there is none", id))
		}
		if err != nil {
			return err
		}
		s, err = rerunStatus(tx, r)
		return err
	})
	return s, err
}

// Reruns lists them, the latest first, at most limit (default 50).
func (h *Hub) Reruns(limit int) (all []RerunStatus, err error) {
	def(&limit, 50)
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		return tx.Reruns(func(r store.Rerun) (bool, error) {
			s, err := rerunStatus(tx, r)
			all = append(all, s)
			return len(all) < limit, err
		})
	})
	return all, err
}

func rerunStatus(tx *store.Tx, r store.Rerun) (RerunStatus, error) {
	s := RerunStatus{Rerun: r, States: map[store.State]int64{}, Outcomes: map[string]int64{}}
	row, err := tx.RerunRow(r.ID)
	maps.Copy(s.Outcomes, r.Left)
	for state, t := range row.States {
		s.States[state] = t.Count
		s.Outcomes[string(state)] += t.Count
	}
	s.InFlight = row.InFlight().Count
	return s, err
}

// StopRerun ends a rerun early. What it has taken up goes its way.
func (h *Hub) StopRerun(ctx context.Context, id uint64, by By) (RerunStatus, error) {
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		r, found, err := tx.Rerun(id)
		switch {
		case err != nil:
			return nil, err
		case !found:
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeRerunUnknown, "stop rerun %d: there is none", id))
		case r.State != store.RerunRunning:
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "stop rerun %d: it is %s", id, r.State))
		}
		if err := by.audit(tx, "stop "+r.Kind, r.Pipeline); err != nil {
			return nil, err
		}
		r.State, r.Ended, r.Error = store.RerunStopped, tx.Now(), by.Who+": "+by.Why
		return nil, tx.PutRerun(r)
	})
	if err != nil {
		return RerunStatus{}, err
	}
	return h.Rerun(id)
}
