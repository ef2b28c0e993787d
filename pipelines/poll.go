package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// keepEvery is after how many records a cursor is kept, beside at the end of each read. What a crash lets the hub read
// again is recognised by its ids.
const keepEvery = 200

// poll reads one source for ever (EIP Polling Consumer): when it says that something changed, else on its schedule.
func (h *Hub) poll(ctx context.Context, n *normaliser) {
	t, name := n.system.table, "poll:"+n.system.Name
	if t == nil {
		for h.readThrough(ctx, n) && h.wake(ctx, n.system) {
		}
		return
	}
	if _, first := h.lastTime(ctx, name); first && !h.readThrough(ctx, n) {
		return
	}
	h.keepTimes(ctx, name, t, func() { h.readThrough(ctx, n) })
}

// readThrough reads until it has succeeded once, with growing pauses; false when ctx ended.
func (h *Hub) readThrough(ctx context.Context, n *normaliser) bool {
	for wait := h.o.Tuning.FirstRetry; ; {
		if h.resumed(ctx, n.name()) != nil {
			return false
		}
		err := n.read(ctx)
		if ctx.Err() != nil {
			return false
		}
		h.report("poll:"+n.system.Name, err)
		if err == nil {
			return true
		}
		wait = min(2*wait, longestNap)
		if !pause(ctx, h.jitter(max(wait, min(afterOf(err), longestAfter)))) {
			return false
		}
	}
}

// A reading is one call of a source's Read.
type reading struct {
	n      *normaliser
	cursor sihe.Cursor
	proof  sihe.Token // of everything up to cursor
	since  int        // records since the cursor was kept
	turn   int64      // how often the cursor had been set back before it began
}

// read takes over what is new. A connector that panics fails this read only.
func (n *normaliser) read(ctx context.Context) (err error) {
	if err := n.h.room(); err != nil {
		return err
	}
	var cursor sihe.Cursor
	r := &reading{n: n}
	err = n.h.o.Store.View(func(tx *store.Tx) (err error) {
		if r.turn, err = tx.Rewinds(n.system.Name); err != nil {
			return err
		}
		cursor, err = tx.Cursor(n.system.Name)
		return err
	})
	if err != nil {
		return err
	}
	if err := n.system.lane.awake(ctx); err != nil {
		return err
	}
	defer func() {
		if after := afterOf(err); after > 0 {
			n.system.lane.sleep(after)
		}
	}()
	defer caught(&err)
	if batches, ok := n.system.source.(sihe.BatchSource); ok {
		err = batches.ReadBatch(ctx, cursor, func(records []sihe.Record, c sihe.Cursor) error { return r.emit(ctx, records, c) })
	} else {
		err = n.system.source.Read(ctx, cursor, func(rec sihe.Record, c sihe.Cursor) error { return r.emit(ctx, []sihe.Record{rec}, c) })
	}
	if kept := r.keep(ctx); err == nil {
		err = kept
	}
	return err
}

// emit makes the records durable in the next room before it returns nil.
func (r *reading) emit(ctx context.Context, records []sihe.Record, c sihe.Cursor) error {
	if err := r.n.h.at(StepPaged, r.n.system.Name); err != nil {
		return err
	}
	proof, err := r.n.accept(ctx, records)
	if err != nil {
		return err
	}
	if !proof.Valid() {
		return sihe.Errorf(sihe.CodeInternal, "read %s: the bus gave no proof", r.n.system.Name)
	}
	if err := r.n.h.at(StepEmitted, r.n.system.Name); err != nil {
		return err
	}
	r.n.h.goesOn("poll:" + r.n.system.Name)
	r.n.system.habit.arrived.Add(1)
	r.cursor, r.proof, r.since = append(sihe.Cursor{}, c...), proof, r.since+len(records)
	if r.since >= keepEvery {
		return r.keep(ctx)
	}
	return nil
}

func (r *reading) keep(ctx context.Context) error {
	if r.cursor == nil || r.since == 0 {
		return nil
	}
	r.since = 0
	if err := r.n.h.keepCursor(context.WithoutCancel(ctx), r.n.system.Name, r.turn, r.cursor, r.proof); err != nil {
		return err
	}
	return r.n.h.at(StepCursor, r.n.system.Name)
}

// accept brings records into the next room: raw ones onto the system's raw topic, canonical ones onto their entity's.
// What cannot be published is parked, and what is behind it in its subject is kept there.
func (n *normaliser) accept(ctx context.Context, records []sihe.Record) (proof sihe.Token, err error) {
	var ready []sihe.Message
	flush := func() error {
		if len(ready) == 0 {
			return nil
		}
		proof, err = n.h.append(ctx, n.name(), ready...)
		ready = ready[:0]
		return err
	}
	for _, r := range records {
		m := rawMessage(n.system.Name, r)
		if !r.Canonical && size(m) <= sihe.MaxMessage {
			ready = append(ready, m)
			continue
		}
		p := n.open(store.Part{Pipeline: n.name(), Partition: store.Direct}, m)
		st := n.state(p)
		held, err := n.held(p)
		if err != nil {
			return sihe.Token{}, err
		}
		if st.to == store.Writing && !held {
			ready = append(ready, st.event.Message(CanonicalTopic(st.event.Entity())))
			continue
		}
		if err := flush(); err != nil {
			return sihe.Token{}, err
		}
		if proof, err = n.keep(ctx, p, st); err != nil {
			return sihe.Token{}, err
		}
	}
	return proof, flush()
}

func (n *normaliser) held(p *parcel) (held bool, err error) {
	err = n.h.o.Store.View(func(tx *store.Tx) error {
		_, held, err = tx.Lane(p.part, p.subject)
		return err
	})
	return held, err
}

// keep parks a record, or puts it behind an earlier one of its subject.
func (n *normaliser) keep(ctx context.Context, p *parcel, st *statement) (sihe.Token, error) {
	return n.h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		rec, state, err := admit(tx, p, func() *store.Delivery { return n.received(p, st) })
		if err != nil || state != admitted {
			return nil, err
		}
		if st.to == store.Writing { // those before it have gone in the meantime: it follows them at once
			return []store.Part{p.part}, tx.Hold(rec, p.message, store.Waiting, store.Why{Code: sihe.CodeBehind}, tx.Now())
		}
		if st.to == store.Filtered {
			return nil, tx.Finish(rec, st.to, st.why)
		}
		return nil, tx.Hold(rec, p.message, st.to, st.why, noDue)
	})
}

// append publishes until it is durable: an error means that the outcome is unknown, so the same messages go again
// before any later one of their keys.
func (h *Hub) append(ctx context.Context, name string, m ...sihe.Message) (sihe.Token, error) {
	failed := false
	for wait := h.o.Tuning.FirstRetry; ; wait = min(2*wait, longestNap) {
		if h.dead.Load() {
			return sihe.Token{}, errAbandoned
		}
		proof, err := h.o.Bus.Publish(ctx, m...)
		if err == nil {
			if failed {
				h.report(name+":publish", nil)
			}
			return proof, nil
		}
		if ctx.Err() != nil {
			return sihe.Token{}, ctx.Err()
		}
		failed = true
		h.report(name+":publish", err)
		if sihe.ClassOf(err) == sihe.ClassPermanent {
			return sihe.Token{}, err // nothing was sent, and nothing will be
		}
		if !pause(ctx, h.jitter(min(wait, 30*time.Second))) {
			return sihe.Token{}, ctx.Err()
		}
	}
}
