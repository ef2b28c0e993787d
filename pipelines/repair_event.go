package pipelines

import (
	"context"
	"errors"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

func dueAt(tx *store.Tx, to store.State) time.Time {
	if to == store.Parked {
		return noDue
	}
	return tx.Now()
}

// lastWanted returns the last event of a document that the pipeline listens to and whose when: lets through, as the bus
// or, when it is no longer kept there, the view has it; nil when there is none.
func (d *deliverer) lastWanted(ctx context.Context, entity, key string) (*parcel, error) {
	var steps []store.Step
	var doc store.Document
	err := d.h.o.Store.View(func(tx *store.Tx) (err error) {
		if steps, err = tx.Steps(entity, key); err == nil {
			doc, _, err = tx.Document(entity, key)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 && doc.Event != "" { // the trace was trimmed
		steps = []store.Step{{ID: doc.Event, Entity: entity, Key: key, Name: doc.Name, Version: doc.Version, Offset: doc.Offset}}
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if !d.p.listens(sihe.Event{Type: entity + "." + steps[i].Name}) {
			continue
		}
		p, err := d.fetch(ctx, steps[i], doc)
		if err != nil {
			return nil, err
		}
		if p == nil || p.decode(d.p.From) != nil {
			continue
		}
		wanted, err := d.p.wants(&expr.Frame{Source: p.value, World: d.world(p, nil)})
		if err == nil && wanted {
			return p, nil
		}
	}
	return nil, nil
}

// fetch reads one event again; nil when nobody has it any more.
func (d *deliverer) fetch(ctx context.Context, s store.Step, doc store.Document) (*parcel, error) {
	topic := CanonicalTopic(s.Entity)
	spans, err := d.h.o.Bus.Offsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	if len(spans) == 0 {
		return nil, nil
	}
	partition := bus.PartitionOf([]byte(s.Key), len(spans))
	part := store.Part{Pipeline: d.p.Name, Partition: partition}
	messages, err := d.h.o.Bus.Read(ctx, sihe.Position{Topic: topic, Partition: partition, Offset: s.Offset}, 1)
	var trimmed sihe.ErrTrimmed
	if err != nil && !errors.As(err, &trimmed) {
		return nil, err
	}
	if len(messages) == 1 {
		if p := d.open(part, messages[0]); p.bad == nil && p.id == s.ID {
			return p, nil
		}
	}
	if s.ID != doc.Event {
		return nil, nil
	}
	e := sihe.Event{
		ID: doc.Event, Source: sourceOf(doc.System), Type: doc.Entity + "." + doc.Name, Subject: doc.Key, Time: doc.Time, Version: doc.Version,
		CorrelationID: doc.Chain, CausationID: s.Cause, Hops: doc.Hops, Data: doc.Data,
	}
	m := e.Message(topic)
	m.Partition, m.Offset = partition, s.Offset
	return d.open(part, m), nil
}
