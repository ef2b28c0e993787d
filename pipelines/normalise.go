package pipelines

import (
	"context"
	"encoding/json"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A normaliser is the street from a system's records to canonical events. What it publishes is recorded before it is
// published, so that a crash in between publishes the same event again, not another one (invariant 2). Where bus and store
// are one file, both are one transaction.
type normaliser struct {
	h      *Hub
	system *system
	room   *space
}

// normaliserPrefix begins the name of each normaliser's street.
const normaliserPrefix = "normalise:"

func newNormaliser(h *Hub, s *system) *normaliser {
	return &normaliser{h: h, system: s, room: newSpace(h.o.Tuning.Events, h.o.Tuning.Bytes)}
}

func (n *normaliser) name() string   { return normaliserPrefix + n.system.Name }
func (n *normaliser) topic() string  { return RawTopic(n.system.Name) }
func (n *normaliser) memory() *space { return n.room }

func (n *normaliser) open(part store.Part, m sihe.Message) *parcel {
	p := &parcel{part: part, subject: readable(string(m.Key)), message: m}
	if p.record, p.bad = readRaw(m); p.bad != nil {
		p.id = unreadable(m)
		return p
	}
	p.id = readable(p.record.ID)
	return p
}

func (n *normaliser) carry(ctx context.Context, p *parcel) (sihe.Token, error) {
	if err := n.h.at(StepFetched, p.id); err != nil {
		return sihe.Token{}, err
	}
	st := n.state(p)
	var rec *store.Delivery
	var write bool
	var announce func()
	proof, err := n.h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
		write, announce = false, nil
		var state admission
		rec, state, err = admit(tx, p, func() *store.Delivery { return n.received(p, st) })
		if err != nil {
			return nil, err
		}
		if state == duplicate && !p.kept && rec.Body != digestOf(p.message.Value) {
			return nil, n.reused(tx, p, st)
		}
		if state != admitted {
			return nil, nil
		}
		var e sihe.Event
		if e, write, err = n.record(tx, p, st, rec); err != nil || !write || n.h.outbox == nil {
			return nil, err
		}
		announce, woken, err = n.publishIn(tx, rec, st, e)
		return woken, err
	})
	if err != nil || !write {
		return proof, err
	}
	if announce != nil {
		announce()
	}
	if err := n.h.at(StepNormalised, p.id); err != nil {
		return sihe.Token{}, err
	}
	if announce != nil {
		return proof, n.h.at(StepRecorded, p.id)
	}
	return n.publish(ctx, rec)
}

// publishIn publishes the event and records that in the transaction that decided it. The view and the trace have it at once.
func (n *normaliser) publishIn(tx *store.Tx, rec *store.Delivery, st *statement, e sihe.Event) (announce func(), woken []store.Part, err error) {
	m := e.Message(CanonicalTopic(e.Entity()))
	at, announce, err := n.h.outbox.Append(tx.Tx, m)
	if err != nil {
		return nil, nil, err
	}
	m.Partition, m.Offset = at[0].Partition, at[0].Offset
	if woken, err = n.published(tx, rec, e); err != nil || st.value.IsNull() {
		return announce, woken, err
	}
	seen := &parcel{subject: e.Subject, id: e.ID, message: m, event: e, value: st.value, decoded: true, amount: rec.Amount, currency: rec.Currency}
	parts, err := n.h.observe(tx, seen, st.entity)
	return announce, append(woken, parts...), err
}

// received is the record of a record that is seen for the first time.
func (n *normaliser) received(p *parcel, st *statement) *store.Delivery {
	r := p.record
	entity := readable(r.Entity)
	if st.entity != nil {
		entity = st.entity.FullName()
	}
	if entity == "" {
		entity = p.message.Topic
	}
	d := p.delivery(n.h, entity, n.system.Name, r.Name, r.Version, r.Time)
	d.Cause, d.Hops = r.CausationID, r.Hops
	return d
}

// reused keeps a record whose id came before with another content, as evidence for a person (RELIABILITY C2).
func (n *normaliser) reused(tx *store.Tx, p *parcel, st *statement) error {
	d := n.received(p, st)
	d.ID = sihe.EventID(p.id, d.Body)
	if _, found, err := tx.Delivery(p.part, d.ID); err != nil || found {
		return err
	}
	why := store.Why{Code: sihe.CodeIDReused, Text: "record " + p.id + " came before with another content"}
	_, held, err := tx.Lane(p.part, p.subject)
	if err != nil {
		return err
	}
	if held {
		return tx.Hold(d, p.message, store.Waiting, why, noDue)
	}
	return tx.Hold(d, p.message, store.Parked, why, noDue)
}

// record decides in one transaction what is published: a version for systems that keep none, a name for what happened,
// the chain that the document belongs to. What says nothing new is not published (suite.md BR-12).
func (n *normaliser) record(tx *store.Tx, p *parcel, st *statement, rec *store.Delivery) (e sihe.Event, write bool, err error) {
	if rec.State == store.Writing { // it was decided before a crash
		e, err = recorded(rec)
		return e, err == nil, err
	}
	switch st.to {
	case store.Writing:
	case store.Filtered:
		return e, false, tx.Finish(rec, st.to, st.why)
	default:
		return e, false, tx.Hold(rec, p.message, st.to, st.why, noDue)
	}
	e = st.event
	if st.digest != "" {
		var said bool
		if e, said, err = n.news(tx, p, st, rec); err != nil || !said {
			return e, false, err
		}
	}
	rec.Chain, rec.Hops, rec.Cause, rec.Name, rec.Version = e.CorrelationID, e.Hops, e.CausationID, e.Name(), e.Version
	rec.Target = &store.Target{System: "bus", Module: st.entity.Module, Entity: st.entity.FullName(), Do: doPublish, Key: e.Subject}
	rec.Receipt = &sihe.Receipt{Key: st.own}
	if err := fits(e.Message(p.message.Topic)); err != nil {
		return e, false, tx.Hold(rec, p.message, store.Parked, whyOf(err), noDue)
	}
	rec.Attempts++
	if n.h.outbox != nil {
		return e, true, nil
	}
	if rec.Write, err = json.Marshal(e); err != nil {
		return e, false, sihe.Errorf(sihe.CodeInternal, "record the event of %s: %w", rec.ID, err)
	}
	return e, true, tx.Move(rec, store.Writing, store.Why{})
}

// recorded returns the event that a delivery is about to publish.
func recorded(rec *store.Delivery) (e sihe.Event, err error) {
	if err := json.Unmarshal(rec.Write, &e); err != nil {
		return e, sihe.Permanent(sihe.Errorf(sihe.CodeStoreCorrupt, "read the event of %s: %w", rec.ID, err))
	}
	return e, nil
}

// doPublish is what a normaliser does to its target, the bus.
const doPublish = "publish"

// news completes the event of a raw record, unless the record says nothing new; then the delivery is finished by this.
func (n *normaliser) news(tx *store.Tx, p *parcel, st *statement, rec *store.Delivery) (e sihe.Event, said bool, err error) {
	if err := n.tellDrift(tx, st); err != nil {
		return e, false, err
	}
	last, err := tx.Stated(st.entity.FullName(), st.event.Subject)
	switch {
	case err != nil:
		return e, false, err
	case p.record.Version != 0 && p.record.Version < last.Own:
		return e, false, tx.Finish(rec, store.Unchanged, store.Why{Code: sihe.CodeStale})
	case st.digest == last.Digest:
		return e, false, tx.Finish(rec, store.Unchanged, store.Why{Code: sihe.CodeAlreadySo})
	}
	e, err = n.complete(tx, p, st, last)
	return e, err == nil, err
}

// publish puts the recorded event on the bus, as often as it takes: until then nothing else of the subject may pass.
func (n *normaliser) publish(ctx context.Context, rec *store.Delivery) (sihe.Token, error) {
	e, err := recorded(rec)
	if err != nil {
		return sihe.Token{}, err
	}
	if _, err := n.h.append(ctx, n.name(), e.Message(CanonicalTopic(e.Entity()))); err != nil {
		return sihe.Token{}, err
	}
	if err := n.h.at(StepPublished, rec.ID); err != nil {
		return sihe.Token{}, err
	}
	proof, err := n.h.update(context.WithoutCancel(ctx), func(tx *store.Tx) ([]store.Part, error) {
		now, found, err := tx.Delivery(rec.Part, rec.ID)
		if err != nil || !found || now.State != store.Writing {
			return nil, err
		}
		return n.published(tx, now, e)
	})
	if err != nil {
		return sihe.Token{}, err
	}
	return proof, n.h.at(StepRecorded, rec.ID)
}

// published records that an event is on the bus.
func (n *normaliser) published(tx *store.Tx, rec *store.Delivery, e sihe.Event) (woken []store.Part, err error) {
	if !n.system.Native && rec.Receipt.Key != "" {
		if woken, err = n.h.link(tx, n.system.Name, e.Entity(), e.Subject, rec.Receipt.Key); err != nil {
			return nil, err
		}
	}
	if err := tx.LinkTarget(rec); err != nil {
		return nil, err
	}
	return woken, tx.Deliver(rec)
}
