package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// Reasons for which a rerun leaves an event as it is.
const (
	leftUnchanged = "unchanged" // nothing would change at the target
	leftFiltered  = "filtered"  // it is not for this pipeline
	leftOpen      = "open"      // it is on its way, or parked, already
	leftAhead     = "ahead"     // the pipeline has not come so far: it comes by itself
	leftAlone     = "left"      // it was delivered, and would not be now; or nobody could tell whether it was
)

// A ruling is what a rerun does with one event.
type ruling struct {
	left    string // why it is left as it is; "" takes it up
	verdict Verdict
	rec     *store.Delivery // as it was judged; nil: nothing is known of it
	parcel  *parcel
}

func partitionOf(key string, n int) int { return bus.PartitionOf([]byte(key), n) }

// rule decides about one event of a rerun. It changes nothing; dry runs are made of it. committed is the offset up to
// which the pipeline has come.
func (d *deliverer) rule(m sihe.Message, committed int64, again bool) (j ruling, err error) {
	p := d.open(store.Part{Pipeline: d.name(), Partition: m.Partition}, m)
	p.kept, p.forced = true, again
	j.parcel = p
	if j.rec, err = d.h.kept(p.part, p.id); err != nil {
		return j, err
	}
	if left, v := j.untouched(m, committed, again); left != "" {
		j.left, j.verdict = left, v
		return j, nil
	}
	v, pl, err := d.foresee(p)
	if err != nil {
		return j, err
	}
	j.verdict = v
	delivered := j.rec != nil && (j.rec.State == store.Delivered || j.rec.State == store.Unchanged)
	switch {
	case v.To == store.Filtered:
		j.left = leftFiltered
	case v.To == store.Unchanged:
		j.left = leftUnchanged
	case !absolute(d.p.Do) && !again && delivered:
		j.left, j.verdict = leftUnchanged, Verdict{To: store.Unchanged, Why: store.Why{Code: sihe.CodeAlreadySo, Text: "it was delivered before"}}
	case v.To != store.Delivered && delivered:
		j.left = leftAlone // it would only stand in the way of later ones
	case v.To == store.Delivered && !absolute(d.p.Do) && (again || j.rec == nil) && !pl.system.resolvable():
		j.left, j.verdict.Why = leftAlone, store.Why{Code: sihe.CodeOutcomeUnknown, Text: "the target could have it, and cannot be asked"}
	}
	j.verdict.Left = j.left != ""
	return j, nil
}

// untouched names what a rerun leaves alone without looking at it.
func (j *ruling) untouched(m sihe.Message, committed int64, again bool) (string, Verdict) {
	switch {
	case j.rec == nil && m.Offset >= committed:
		return leftAhead, Verdict{To: store.Waiting, Left: true, Why: store.Why{Code: sihe.CodeBehind, Text: "the pipeline has not come so far"}}
	case j.rec == nil:
		return "", Verdict{}
	case !j.rec.State.Final():
		return leftOpen, Verdict{To: j.rec.State, Left: true, Why: j.rec.Why}
	case j.rec.Code == sihe.CodeDiscarded && !again:
		return leftAlone, Verdict{To: store.Rejected, Left: true, Why: store.Why{Code: sihe.CodeDiscarded, Text: j.rec.Text}}
	}
	return "", Verdict{}
}

// takeUp does what was decided, if the delivery is still as it was judged. It returns the part to wake.
func (d *deliverer) takeUp(tx *store.Tx, r *store.Rerun, j ruling) ([]store.Part, error) {
	if j.left != "" {
		r.Left[j.left]++
		return nil, nil
	}
	p := j.parcel
	rec, found, err := tx.Delivery(p.part, p.id)
	switch {
	case err != nil:
		return nil, err
	case found != (j.rec != nil) || found && !rec.State.Final():
		r.Left[leftOpen]++ // it has set out by itself meanwhile
		return nil, nil
	case !found:
		rec = d.received(p)
	}
	if err := tx.Restate(rec, p.amount, p.currency); err != nil {
		return nil, err
	}
	if err := tx.TakeUp(rec, p.message, r.ID, LaneBackfill.String(), r.Again); err != nil {
		return nil, err
	}
	return []store.Part{p.part}, nil
}

// eventOf is the last event of a document as the bus carried it.
func (h *Hub) eventOf(doc store.Document, partitions int) sihe.Message {
	e := sihe.Event{
		ID: doc.Event, Source: sourceOf(doc.System), Type: doc.Entity + "." + doc.Name, Subject: doc.Key, Time: doc.Time, Version: doc.Version,
		CorrelationID: doc.Chain, Hops: doc.Hops, Data: doc.Data,
	}
	m := e.Message(CanonicalTopic(doc.Entity))
	m.Partition, m.Offset = partitionOf(doc.Key, partitions), doc.Offset
	return m
}

// committedBy returns up to which offset the pipeline has come, by partition.
func (d *deliverer) committedBy(ctx context.Context, partitions int) ([]int64, error) {
	done, err := d.h.o.Bus.Committed(ctx, groupOf(d), d.topic())
	for len(done) < partitions {
		done = append(done, -1)
	}
	return done, err
}

// RehearseRerun tells what [Hub.StartReplay] or [Hub.StartBackfill] would do, of at most 10,000 events.
func (h *Hub) RehearseRerun(ctx context.Context, kind string, o RerunOrder) (x Rehearsal, err error) {
	d, err := h.rerunnable(o)
	if err != nil {
		return x, err
	}
	x = Rehearsal{AsOf: h.o.Now(), Outcomes: []Outcome{}, Documents: []Foreseen{}}
	r, err := h.stretchOf(ctx, d, o)
	if kind == store.RerunBackfill && err == nil {
		r, err = h.documentsOf(d, o)
	}
	if err != nil {
		return x, err
	}
	for !r.Walked {
		batch, err := h.nextOf(ctx, d, &r)
		if err != nil {
			return x, err
		}
		for _, j := range batch {
			rec := j.rec
			if rec == nil {
				rec = d.received(j.parcel)
			}
			x.add(rec, j.parcel, j.verdict)
			x.Selected++
		}
		if x.Selected >= maxRehearsed && !r.Walked {
			x.Truncated = true
			break
		}
	}
	return x, nil
}

// nextOf judges the next few events of a rerun and moves its place behind them.
func (h *Hub) nextOf(ctx context.Context, d *deliverer, r *store.Rerun) ([]ruling, error) {
	if r.Kind == store.RerunBackfill {
		return h.nextDocuments(ctx, d, r)
	}
	return h.nextEvents(ctx, d, r)
}

// rerunBatch is how many events are judged, and taken up in one transaction.
const rerunBatch = 100

func changedSince(t, since time.Time) bool { return since.IsZero() || !t.Before(since) }
