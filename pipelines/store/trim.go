package store

import (
	"context"
	"time"
)

// Retention says how long the store remembers. Zero fields take the defaults below; negative ones are for ever. What
// waits, is retried, unknown or parked is kept until it has come to its end.
type Retention struct {
	// Deliveries that are final; default 90 days. It must be longer than a source may repeat an event, because
	// duplicates are recognised by them.
	Deliveries time.Duration
	Steps      time.Duration // of a document's trace; default 400 days
	Balance    time.Duration // rows of the balance; default 400 days
	Audit      time.Duration // rows of the audit trail; default: for ever
	Feed       int           // lines of activity; default 10,000
	History    int           // states kept per delivery; default 20
}

const day = 24 * time.Hour

func (r Retention) withDefaults() Retention {
	if r.Deliveries == 0 {
		r.Deliveries = 90 * day
	}
	if r.Steps == 0 {
		r.Steps = 400 * day
	}
	if r.Balance == 0 {
		r.Balance = 400 * day
	}
	if r.Audit == 0 {
		r.Audit = -1
	}
	if r.Feed == 0 {
		r.Feed = 10_000
	}
	if r.History == 0 {
		r.History = 20
	}
	return r
}

// trimBatch bounds one transaction, so that others are not kept waiting.
const trimBatch = 500

// Trim removes what is older than the retention and returns how many entries went. It works in short transactions
// and stops when ctx ends.
func (s *Store) Trim(ctx context.Context) (removed int, err error) {
	var parts []Part
	if err := s.View(func(t *Tx) error { parts = t.Partitions(); return nil }); err != nil {
		return 0, err
	}
	steps := []func(*Tx) (int, error){(*Tx).trimSteps, (*Tx).trimBalance, (*Tx).trimAudit}
	for _, p := range parts {
		steps = append(steps, func(t *Tx) (int, error) { return t.trimPart(p) })
	}
	for _, step := range steps {
		for more := true; more; {
			n := 0
			_, err := s.Update(ctx, func(t *Tx) (err error) { n, err = step(t); return err })
			if err != nil {
				return removed, err
			}
			removed, more = removed+n, n == trimBatch
		}
	}
	return removed, nil
}

// old says whether something of that time has been kept long enough.
func (t *Tx) old(at time.Time, keep time.Duration) bool { return keep > 0 && t.now.Sub(at) >= keep }

func (t *Tx) trimPart(p Part) (int, error) {
	var old []string
	var keys [][]byte
	err := t.part(p, "done").Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		if !t.old(r.time(), t.retention.Deliveries) {
			return false, nil
		}
		old, keys = append(old, r.text()), append(keys, append([]byte{}, k...))
		return len(old) < trimBatch, nil
	})
	if err != nil {
		return 0, err
	}
	for i, id := range old {
		if err := t.trimDelivery(p, id); err != nil {
			return 0, err
		}
		if err := t.part(p, "done").Delete(keys[i]); err != nil {
			return 0, err
		}
	}
	return len(old), t.countTrimmed("deliveries", len(old))
}

func (t *Tx) trimDelivery(p Part, id string) error {
	d, found, err := t.Delivery(p, id)
	if err != nil || !found {
		return err
	}
	if err := t.Bucket("carried").Delete(key(d.Entity, d.Subject, d.ID, d.Pipeline, d.Partition)); err != nil {
		return err
	}
	if d.Target != nil {
		if err := t.Bucket("carried").Delete(key(d.Target.Entity, d.Target.Key, d.ID, d.Pipeline, d.Partition)); err != nil {
			return err
		}
	}
	if err := t.forgetCounted(d); err != nil {
		return err
	}
	if err := t.part(p, "edits").Delete(key(id)); err != nil {
		return err
	}
	return t.part(p, "deliveries").Delete(key(id))
}

func (t *Tx) trimSteps() (int, error) {
	var old [][]byte
	err := t.Bucket("steps-age").Each(nil, false, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		if !t.old(r.time(), t.retention.Steps) {
			return false, nil
		}
		old = append(old, append([]byte{}, k...))
		return len(old) < trimBatch, nil
	})
	if err != nil {
		return 0, err
	}
	const stamp = 8
	for _, k := range old {
		if err := t.Bucket("steps").Delete(k[stamp:]); err != nil {
			return 0, err
		}
		if err := t.Bucket("steps-age").Delete(k); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t *Tx) trimBalance() (int, error) {
	if t.retention.Balance < 0 {
		return 0, nil
	}
	oldest := t.now.Add(-t.retention.Balance).Format(time.DateOnly)
	var old [][]byte
	err := t.Bucket("balance").Each(nil, false, func(k, v []byte) (bool, error) {
		r := keyReader(k)
		_, _ = r.text(), r.text()
		var row Row
		if err := decode(v, &row); err != nil {
			return false, err
		}
		if r.text() < oldest && row.InFlight().Count == 0 && row.States[Parked].Count == 0 {
			old = append(old, append([]byte{}, k...))
		}
		return len(old) < trimBatch, nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range old {
		if err := t.Bucket("balance").Delete(k); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
