package store

import (
	"testing"
	"time"

	"github.com/sihehub/sihe"
)

func recounted(t *testing.T, s *Store) Recount {
	t.Helper()
	var rows []Recount
	view(t, s, func(tx *Tx) (err error) {
		rows, err = tx.Recount("deliver", "", func() bool { return true })
		return err
	})
	if len(rows) != 1 {
		t.Fatalf("rows: %+v", rows)
	}
	return rows[0]
}

func TestRecountKnowsWhatWasTrimmed(t *testing.T) {
	s, c := open(t, Retention{})
	amount := sihe.MustDecimal("10.00")
	add := func(id string, to State) {
		update(t, s, func(tx *Tx) error {
			d := delivery(id, id)
			d.Pipeline, d.Amount, d.Currency = "deliver", &amount, "CNY"
			return tx.Move(d, to, Why{})
		})
	}
	add("old", Filtered)
	c.at = c.at.Add(80 * 24 * time.Hour)
	add("new", Rejected)
	c.at = c.at.Add(20 * 24 * time.Hour)
	if n, err := s.Trim(t.Context()); n != 1 || err != nil {
		t.Fatalf("trimmed %d, %v", n, err)
	}
	if r := recounted(t, s); !r.Closes() || r.Received.Count != 2 || r.Held[Filtered].Count != 1 || r.Held[Rejected].Amount.String() != "10.00" {
		t.Errorf("%+v", r)
	}
	update(t, s, func(tx *Tx) error {
		return tx.Bucket("part", "deliver", partitionName(delivery("new", "").Partition), "deliveries").Delete(key("new"))
	})
	r := recounted(t, s)
	if lost := r.Lost(); r.Closes() || lost.Count != 1 || lost.Amount.String() != "10.00" || len(r.Astray()) != 1 || r.Astray()[0] != Rejected {
		t.Errorf("a loss is not noticed: %+v", r)
	}
}
