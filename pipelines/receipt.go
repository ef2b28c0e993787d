package pipelines

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// settle records what a write came to: the outcome, the cross-reference, the digest, the trace, the balance and whom it
// wakes, in one transaction. It outlives ctx: what is known must not be forgotten because the hub stops.
func (d *deliverer) settle(ctx context.Context, p *parcel, rec *store.Delivery, w sihe.Write, out outcome) (sihe.Token, error) {
	if err := d.h.at(StepAnswered, p.id); err != nil {
		return sihe.Token{}, err
	}
	proof, err := d.h.update(context.WithoutCancel(ctx), func(tx *store.Tx) ([]store.Part, error) {
		now, found, err := tx.Delivery(rec.Part, rec.ID)
		if err != nil || !found {
			return nil, err
		}
		if now.State != store.Writing && now.State != store.Unknown {
			return nil, nil // a person has settled it meanwhile
		}
		return d.conclude(tx, p, now, w, out)
	})
	if err != nil {
		return sihe.Token{}, err
	}
	return proof, d.h.at(StepRecorded, p.id)
}

func (d *deliverer) conclude(tx *store.Tx, p *parcel, rec *store.Delivery, w sihe.Write, out outcome) ([]store.Part, error) {
	switch out.to {
	case store.Delivered, store.Unchanged:
		return d.receive(tx, rec, w, out)
	case store.Rejected:
		if err := tx.EndWrite(*rec.Target, "", rec.ID); err != nil {
			return nil, err
		}
		return nil, tx.Finish(rec, out.to, out.why)
	case store.Parked:
		if err := tx.EndWrite(*rec.Target, "", rec.ID); err != nil {
			return nil, err
		}
		return nil, tx.Hold(rec, p.message, out.to, out.why, noDue)
	case store.Unknown:
		return nil, d.doubt(tx, p, rec, out)
	default:
		if err := tx.EndWrite(*rec.Target, "", rec.ID); err != nil {
			return nil, err
		}
		return nil, d.retry(tx, p, rec, out)
	}
}

// receive is the receipt: the target has it.
func (d *deliverer) receive(tx *store.Tx, rec *store.Delivery, w sihe.Write, out outcome) ([]store.Part, error) {
	digest := rec.Digest
	if out.receipt.Stale {
		digest = "" // something newer stands there
	}
	rec.Receipt = &out.receipt
	if err := tx.EndWrite(*rec.Target, digest, rec.ID); err != nil {
		return nil, err
	}
	def(&rec.Target.Key, out.receipt.Key)
	woken, err := d.confirmed(tx, rec, w)
	if err != nil {
		return nil, err
	}
	if err := tx.LinkTarget(rec); err != nil {
		return nil, err
	}
	return woken, tx.Finish(rec, out.to, out.why)
}

// confirmed notes what the receipt tells about the document: its key there, its chain, the values written into it, and
// that the module has it now.
func (d *deliverer) confirmed(tx *store.Tx, rec *store.Delivery, w sihe.Write) ([]store.Part, error) {
	t := *rec.Target
	s, ok := d.h.system(t.System)
	var woken []store.Part
	if own := rec.Receipt.Key; ok && !s.Native && own != "" && rec.Do() != sihe.DoCreate {
		parts, err := d.h.link(tx, s.Name, t.Entity, t.Key, own)
		if err != nil {
			return nil, err
		}
		woken = parts
	}
	if !d.p.Entity.Master {
		if err := tx.Join(w.CorrelationID, t.Entity, t.Key); err != nil {
			return nil, err
		}
	}
	if rec.Do() == sihe.DoWriteBack {
		if err := remember(tx, t, w.Data); err != nil {
			return nil, err
		}
	}
	err := tx.SetLastWrite(t, store.LastWrite{Event: rec.ID, Chain: w.CorrelationID, Hops: w.Hops, Version: rec.Receipt.Version, Write: w.ID})
	if err != nil {
		return nil, err
	}
	parts, err := tx.Learn(store.Ref{Module: t.Module, Entity: t.Entity, Key: t.Key})
	return append(woken, parts...), err
}

// remember keeps the values of a write-back: they are the owner's copy with which the target's own is compared.
func remember(tx *store.Tx, t store.Target, data []byte) error {
	before, err := tx.WriteBack(t.Entity, t.Key)
	if err != nil {
		return err
	}
	all, set := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if len(before) > 0 {
		if err := json.Unmarshal(before, &all); err != nil {
			return sihe.Errorf(sihe.CodeStoreCorrupt, "read the values written into %s %s: %w", t.Entity, t.Key, err)
		}
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return sihe.Errorf(sihe.CodeInternal, "read a write-back to %s %s: %w", t.Entity, t.Key, err)
	}
	maps.Copy(all, set)
	return tx.SetWriteBack(t.Entity, t.Key, object(all))
}

// link notes a system's key for a document and wakes who waited for it.
func (h *Hub) link(tx *store.Tx, system, entity, key, own string) ([]store.Part, error) {
	if err := tx.Link(system, entity, key, own); err != nil {
		return nil, err
	}
	return tx.Learn(store.Ref{Module: store.XRefOf(system), Entity: entity, Key: key})
}
