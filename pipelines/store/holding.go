package store

import (
	"time"

	"github.com/sihehub/sihe/durable"
)

// A Holding is how much of something is kept, and how long.
type Holding struct {
	What   string        `json:"what"`
	Keep   time.Duration `json:"keep,omitempty"`       // how long; 0: for ever, save that Most or Open says otherwise
	Most   int           `json:"at_most,omitempty"`    // by number instead
	Open   bool          `json:"until_done,omitempty"` // until it has come to its end
	Count  int64         `json:"count"`                // -1: not counted
	Oldest time.Time     `json:"oldest,omitzero"`      // where it has a time
}

// Holdings tells what the store keeps, without reading it all.
func (t *Tx) Holdings() ([]Holding, error) {
	deliveries := Holding{What: "deliveries", Keep: max(0, t.retention.Deliveries)}
	kept := Holding{What: "kept events", Open: true}
	totals, err := t.Totals()
	if err != nil {
		return nil, err
	}
	for _, r := range totals {
		deliveries.Count += r.Received.Count
		kept.Count += r.InFlight().Count + r.States[Parked].Count
	}
	gone, _, err := get[int64](t.Bucket("trimmed"), key(deliveries.What))
	if err != nil {
		return nil, err
	}
	deliveries.Count -= gone
	for _, p := range t.Partitions() {
		if err := deliveries.since(t.part(p, "done"), (*keyReader).time); err != nil {
			return nil, err
		}
	}
	for _, s := range []State{Parked, Waiting, Retrying, Unknown} {
		err := t.Open(s, func(d *Delivery) (bool, error) {
			kept.older(d.Since)
			return false, nil
		})
		if err != nil {
			return nil, err
		}
	}
	trace := Holding{What: "traces", Keep: max(0, t.retention.Steps), Count: -1}
	if err := trace.since(t.Bucket("steps-age"), (*keyReader).time); err != nil {
		return nil, err
	}
	feed, err := t.holding("activity", "feed", Holding{Most: t.retention.Feed})
	if err != nil {
		return nil, err
	}
	audit, err := t.holding("audit", "audit", Holding{Keep: max(0, t.retention.Audit)})
	if err != nil {
		return nil, err
	}
	balance := Holding{What: "balance", Keep: max(0, t.retention.Balance), Count: -1}
	return []Holding{deliveries, kept, trace, balance, feed, audit}, nil
}

// holding measures a bucket whose keys are numbers that rise and whose values have a time.
func (t *Tx) holding(what, bucket string, h Holding) (Holding, error) {
	h.What = what
	var first, last uint64
	b := t.Bucket(bucket)
	err := b.Each(nil, false, func(k, v []byte) (bool, error) {
		r := keyReader(k)
		first = r.number()
		var row struct {
			At time.Time `json:"at"`
		}
		err := decode(v, &row)
		h.Oldest = row.At
		return false, err
	})
	if err == nil {
		err = b.Each(nil, true, func(k, _ []byte) (bool, error) {
			r := keyReader(k)
			last = r.number()
			return false, nil
		})
	}
	if last > 0 {
		h.Count = int64(last-first) + 1
	}
	return h, err
}

// since takes the time of the first key over.
func (h *Holding) since(b *durable.Bucket, at func(*keyReader) time.Time) error {
	return b.Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		h.older(at(&r))
		return false, nil
	})
}

func (h *Holding) older(at time.Time) {
	if h.Oldest.IsZero() || at.Before(h.Oldest) {
		h.Oldest = at
	}
}

// countTrimmed keeps how many deliveries retention has removed, so that what is left is known without counting.
func (t *Tx) countTrimmed(what string, n int) error {
	if n == 0 {
		return nil
	}
	before, _, err := get[int64](t.Bucket("trimmed"), key(what))
	if err != nil {
		return err
	}
	return put(t.Bucket("trimmed"), key(what), before+int64(n))
}
