package pipelines

import (
	"context"
	"encoding/json"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// Edit replaces the payload of a parked event, before it is replayed. The new one must be a record that the street would
// take, of the same document; the first one is kept beside it.
func (h *Hub) Edit(ctx context.Context, pipeline, id string, data []byte, by By) error {
	return h.EditFrom(ctx, pipeline, id, "", data, by)
}

// EditFrom is Edit as long as the payload still has the digest that [Hub.Inspect] told; else CodeHashMismatch.
func (h *Hub) EditFrom(ctx context.Context, pipeline, id, digest string, data []byte, by By) error {
	if !json.Valid(data) {
		return sihe.Permanent(sihe.Errorf(sihe.CodeBadRequest, "edit event %s: not JSON", id))
	}
	_, err := h.update(ctx, func(tx *store.Tx) ([]store.Part, error) {
		d, err := findDelivery(tx, pipeline, id)
		if err != nil {
			return nil, err
		}
		if d.State != store.Parked {
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "edit event %s: it is %s, not parked", id, d.State))
		}
		k, err := tx.Kept(d)
		if err != nil {
			return nil, err
		}
		before := digestOf(k.Message.Value)
		if digest != "" && digest != before {
			return nil, sihe.Permanent(sihe.Errorf(sihe.CodeHashMismatch, "edit event %s: it was edited since it was read", id))
		}
		original := k.Message.Value
		k.Message.Value = data
		if err := h.acceptable(d, k.Message); err != nil {
			return nil, err
		}
		if err := by.auditChange(tx, "edit", pipeline+"/"+id, before, digestOf(data)); err != nil {
			return nil, err
		}
		if err := tx.KeepEdit(d, original, store.Edit{Who: by.Who, Why: by.Why, Before: before, After: digestOf(data)}); err != nil {
			return nil, err
		}
		return nil, tx.ReplaceKept(d, k)
	})
	return err
}

// acceptable refuses a payload that its street would park again before it has even mapped it, or that tells of another
// document: order holds per document.
func (h *Hub) acceptable(d *store.Delivery, m sihe.Message) error {
	for _, s := range h.allStreets() {
		if s.name() != d.Pipeline {
			continue
		}
		p := s.open(d.Part, m)
		switch x := s.(type) {
		case *siding:
			return x.now.Load().accepts(p, d)
		case *normaliser:
			return x.accepts(p)
		}
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "edit event %s: there is no pipeline %s any more", d.ID, d.Pipeline))
}

func (d *deliverer) accepts(p *parcel, rec *store.Delivery) error {
	if p.bad != nil {
		return p.bad
	}
	e := d.p.From
	if err := e.Validate(p.event.Data); err != nil {
		return sihe.Permanent(err)
	}
	v, err := canonical.Decode(e.Type, p.event.Data)
	if err != nil {
		return sihe.Permanent(err)
	}
	if _, err := e.Compute(v, d.world(p, nil)); err != nil {
		return sihe.Permanent(err)
	}
	if key, ok := e.Field(e.Key); ok && v.Slot(key.Slot()).Kind() == expr.KindText && v.Slot(key.Slot()).Text() != rec.Subject {
		return sihe.Permanent(sihe.Errorf(sihe.CodeKeyMissing, "edit event %s: it would tell of %s, not of %s", rec.ID, v.Slot(key.Slot()).Text(), rec.Subject).At(e.Key))
	}
	return nil
}

func (n *normaliser) accepts(p *parcel) error {
	st := n.state(p)
	if st.to != store.Parked {
		return nil
	}
	return sihe.Permanent((&sihe.Error{Code: st.why.Code, Text: st.why.Text}).At(st.why.Path))
}
