package pipelines

import (
	"context"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A RecordQuery asks for the stored raw records of one system.
type RecordQuery struct {
	System string
	Since  time.Time // when they came to the bus; zero: as far back as they are kept
	After  string    // Next of the page before
	Limit  int       // default and at most 500
}

// A RecordPage has records in the order of the bus: those of one document in the order in which they came. Next is empty at
// the end.
type RecordPage struct {
	Records []StoredRecord
	Next    string
}

// A StoredRecord is a record as its system gave it, and what became of it when it was normalised.
type StoredRecord struct {
	sihe.Record
	State store.State // "" when it has not been looked at yet, or that is no longer kept
	store.Why
	Duplicate bool // of one that came before: nothing was made of it
}

// Records reads stored raw records without normalising them. What is no record is left out.
func (h *Hub) Records(ctx context.Context, q RecordQuery) (p RecordPage, err error) {
	s, ok := h.system(q.System)
	if !ok {
		return p, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "list records: there is no system %q", q.System))
	}
	var places []sihe.Position
	p.Next, err = h.walk(ctx, stretch{RawTopic(s.Name), q.Since, q.After, q.Limit}, func(m sihe.Message) bool {
		r, bad := readRaw(m)
		if bad == nil {
			p.Records = append(p.Records, StoredRecord{Record: r})
			places = append(places, sihe.Position{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset})
		}
		return bad == nil
	})
	if err != nil {
		return p, err
	}
	return p, h.o.Store.View(func(tx *store.Tx) error {
		for i := range p.Records {
			if err := p.Records[i].became(tx, s.Name, places[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// became looks up what was made of the record at a place of the bus.
func (r *StoredRecord) became(tx *store.Tx, system string, at sihe.Position) error {
	part := store.Part{Pipeline: normaliserPrefix + system, Partition: at.Partition}
	d, found, err := tx.Delivery(part, readable(r.ID))
	if err != nil || !found {
		return err
	}
	if r.Duplicate = d.Offset != at.Offset; r.Duplicate && d.Body != digestOf(r.Data) { // another one under the same id
		d, found, err = tx.Delivery(part, sihe.EventID(readable(r.ID), digestOf(r.Data)))
		if r.Duplicate = false; err != nil || !found {
			return err
		}
	}
	r.State, r.Why = d.State, d.Why
	return nil
}
