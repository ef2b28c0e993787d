package pipelines

import (
	"context"
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// The canonical view and the trace are a view of the topics. A reader of its own keeps it for all entities; a delivery
// adds its own event before it acts, so that whatever follows from it finds the document that caused it.

const observeBatch = 200

// viewGroup is the group of this hub alone: every hub sees everything.
func (h *Hub) viewGroup() string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, h.o.Name)
	if plain != h.o.Name { // a group's name is plain letters
		plain += sihe.EventID(h.o.Name)[:8]
	}
	return "sihe.view." + plain
}

// watch keeps the view of one partition.
func (h *Hub) watch(ctx context.Context, c sihe.Claim) error {
	for {
		messages, err := c.Next(ctx, observeBatch)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return gap(err)
		}
		parcels, err := h.unseen(messages)
		if err != nil {
			return err
		}
		proof, err := h.update(ctx, func(tx *store.Tx) (woken []store.Part, err error) {
			for _, p := range parcels {
				parts, err := h.observe(tx, p.parcel, p.entity)
				if err != nil {
					return nil, err
				}
				woken = append(woken, parts...)
			}
			return woken, nil
		})
		if err == nil {
			err = commitOffset(ctx, c, messages[len(messages)-1].Offset+1, proof)
		}
		if err != nil {
			return err
		}
		if len(messages) < observeBatch { // deliveries add most events themselves, and first: let a batch of them come together
			pause(ctx, h.o.Tuning.CommitEvery)
		}
	}
}

type observed struct {
	parcel *parcel
	entity *canonical.Entity
}

// unseen leaves out what the trace has already, and what is no event of a known entity: the pipelines park it, a view cannot
// show it.
func (h *Hub) unseen(messages []sihe.Message) (all []observed, err error) {
	err = h.o.Store.View(func(tx *store.Tx) error {
		all = nil
		for _, m := range messages {
			e, known := h.o.Catalog.Entity(entityOf(m.Topic))
			ev, bad := sihe.ReadEvent(m)
			if !known || bad != nil {
				continue
			}
			seen, err := tx.HasStep(e.FullName(), ev.Subject, ev.Version, ev.ID)
			if err != nil {
				return err
			}
			if !seen {
				all = append(all, observed{&parcel{subject: ev.Subject, id: ev.ID, message: m, event: ev}, e})
			}
		}
		return nil
	})
	return slices.DeleteFunc(all, func(o observed) bool { return o.parcel.decode(o.entity) != nil }), err
}

// observe enters an event into the view and the trace, once. It returns the parts that were waiting for the document.
func (h *Hub) observe(tx *store.Tx, p *parcel, e *canonical.Entity) ([]store.Part, error) {
	if !p.decoded {
		return nil, nil
	}
	ev := p.event
	if seen, err := tx.HasStep(e.FullName(), ev.Subject, ev.Version, ev.ID); err != nil || seen {
		return nil, err
	}
	chain := ev.CorrelationID
	if e.Master {
		chain = ""
	}
	step := store.Step{
		ID: ev.ID, Entity: e.FullName(), Key: ev.Subject, Name: ev.Name(), Version: ev.Version, System: sourceSystem(ev),
		Time: ev.Time, Chain: chain, Cause: ev.CausationID, Amount: p.amount, Currency: p.currency, Topic: p.message.Topic, Offset: p.message.Offset,
	}
	fresh, err := tx.Observed(step, refsOf(e, p.value))
	if err != nil || !fresh {
		return nil, err
	}
	_, err = tx.Observe(store.Document{
		Entity: step.Entity, Key: step.Key, System: step.System, Event: ev.ID, Name: step.Name, State: stateOf(e, p.value),
		Version: ev.Version, Time: ev.Time, Chain: ev.CorrelationID, Hops: ev.Hops, Offset: p.message.Offset, Data: ev.Data,
	})
	if err != nil {
		return nil, err
	}
	for _, number := range numbersOf(e, p.value) {
		if err := tx.NameBy(number, step.Entity, step.Key); err != nil {
			return nil, err
		}
	}
	if err := tx.Touched(store.Target{System: step.System, Entity: step.Entity, Key: step.Key}, ev.CausationID); err != nil {
		return nil, err
	}
	return tx.Learn(store.Ref{Module: e.Module, Entity: step.Entity, Key: step.Key})
}

func stateOf(e *canonical.Entity, v expr.Value) string {
	if f, ok := e.Field("state"); ok && len(e.States) > 0 {
		return v.Slot(f.Slot()).Text()
	}
	return ""
}

// sourceSystem returns the name of the system that stated an event.
func sourceSystem(e sihe.Event) string { return strings.TrimPrefix(e.Source, "/") }

func sourceOf(system string) string { return "/" + system }
