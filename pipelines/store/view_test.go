package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func TestViewTakesOnlyWhatIsNewer(t *testing.T) {
	s, _ := open(t, Retention{})
	for _, d := range []Document{
		{Event: "a", Version: 2, Offset: 5, State: "two"},
		{Event: "b", Version: 1, Offset: 9, State: "one"},
		{Event: "c", Version: 2, Offset: 4, State: "two, earlier"},
		{Event: "d", Version: 2, Offset: 6, State: "two, later"},
	} {
		d.Entity, d.Key, d.Data = "crm.order", "O1", []byte("{}")
		update(t, s, func(tx *Tx) error { _, err := tx.Observe(d); return err })
	}
	view(t, s, func(tx *Tx) error {
		d, _, err := tx.Document("crm.order", "O1")
		if d.State != "two, later" {
			t.Errorf("state %q", d.State)
		}
		return err
	})
}

func TestFeedIsBounded(t *testing.T) {
	s, _ := open(t, Retention{Feed: 5})
	for i := range 12 {
		update(t, s, func(tx *Tx) error { return tx.Tell(Activity{Kind: KindEvent, Key: fmt.Sprint(i)}) })
	}
	view(t, s, func(tx *Tx) error {
		all, err := tx.Activity(0, 100)
		if len(all) != 5 || all[0].Seq != 8 || all[4].Key != "11" {
			t.Errorf("feed: %+v", all)
		}
		if last, _ := tx.LastActivity(); last != 12 {
			t.Errorf("last: %d", last)
		}
		return err
	})
}

func TestAuditShowsTampering(t *testing.T) {
	s, _ := open(t, Retention{})
	for i := range 4 {
		update(t, s, func(tx *Tx) error {
			return tx.Audit(Audit{Who: "li", Action: "replay", Object: fmt.Sprint(i), Reason: "repaired"})
		})
	}
	verify := func() (rows uint64, err error) {
		view(t, s, func(tx *Tx) error { rows, _, err = tx.VerifyAudit(); return nil })
		return rows, err
	}
	if rows, err := verify(); rows != 4 || err != nil {
		t.Fatalf("%d rows, %v", rows, err)
	}
	update(t, s, func(tx *Tx) error {
		row, _, err := get[Audit](tx.Bucket("audit"), key(uint64(2)))
		if err != nil {
			return err
		}
		row.Who = "somebody else"
		return put(tx.Bucket("audit"), key(uint64(2)), row)
	})
	if _, err := verify(); sihe.CodeOf(err) != sihe.CodeAuditBroken {
		t.Errorf("a changed row: %v", err)
	}
}

func TestTrimForgetsWhatIsOldAndFinal(t *testing.T) {
	s, c := open(t, Retention{Deliveries: 24 * time.Hour, Steps: 24 * time.Hour})
	update(t, s, func(tx *Tx) error {
		if err := tx.Hold(delivery("parked", "P"), message("p"), Parked, Why{}, time.Time{}); err != nil {
			return err
		}
		if _, err := tx.Observed(Step{ID: "e", Entity: "crm.order", Key: "S", Version: 1}, nil); err != nil {
			return err
		}
		return tx.Finish(delivery("old", "S"), Unchanged, Why{})
	})
	c.at = c.at.Add(23 * time.Hour)
	update(t, s, func(tx *Tx) error { return tx.Finish(delivery("young", "S"), Unchanged, Why{}) })
	if n, err := s.Trim(context.Background()); n != 0 || err != nil {
		t.Errorf("trimmed %d too early, %v", n, err)
	}
	c.at = c.at.Add(2 * time.Hour)
	if n, err := s.Trim(context.Background()); n != 2 || err != nil {
		t.Errorf("trimmed %d, %v", n, err)
	}
	view(t, s, func(tx *Tx) error {
		for id, want := range map[string]bool{"parked": true, "old": false, "young": true} {
			if _, found, err := tx.Delivery(part, id); found != want || err != nil {
				t.Errorf("%s: found %v, %v", id, found, err)
			}
		}
		carried, err := tx.Carried("crm.order", "S")
		if len(carried) != 1 {
			t.Errorf("carried: %d", len(carried))
		}
		return err
	})
}

func TestAFailedUpdateKeepsNothing(t *testing.T) {
	s, _ := open(t, Retention{})
	broken := errors.New("no")
	_, err := s.Update(context.Background(), func(tx *Tx) error {
		if err := tx.Hold(delivery("a", "S"), message("a"), Parked, Why{}, time.Time{}); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) error {
		if _, found, err := tx.Delivery(part, "a"); found || err != nil {
			t.Errorf("it is there: %v", err)
		}
		return tx.Open(Parked, func(d *Delivery) (bool, error) { t.Errorf("listed: %s", d.ID); return true, nil })
	})
}

func TestDropPartitionTakesAllOfIt(t *testing.T) {
	s, _ := open(t, Retention{})
	other := delivery("b", "S")
	other.Partition = 4
	update(t, s, func(tx *Tx) error {
		if err := tx.Hold(delivery("a", "S"), message("a"), Parked, Why{}, time.Time{}); err != nil {
			return err
		}
		return tx.Hold(other, message("b"), Parked, Why{}, time.Time{})
	})
	update(t, s, func(tx *Tx) error { return tx.DropPartition(part) })
	view(t, s, func(tx *Tx) error {
		if diff := cmp.Diff([]Part{other.Part}, tx.Partitions()); diff != "" {
			t.Error(diff)
		}
		_, found, err := tx.Delivery(other.Part, "b")
		if !found {
			t.Error("the other partition went too")
		}
		return err
	})
}

func TestKeysDoNotRunIntoEachOther(t *testing.T) {
	seen := map[string][]any{}
	for _, parts := range [][]any{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a\x00", "b"}, {"a", "\x00b"}, {"a\x00\x01b"}, {"a\x00\xffb"}, {"a", 1}, {"a", uint64(2)}} {
		k := string(key(parts...))
		if other, twice := seen[k]; twice {
			t.Errorf("%q and %q have the same key", parts, other)
		}
		seen[k] = parts
		r := keyReader(k)
		if first, ok := parts[0].(string); ok && r.text() != first {
			t.Errorf("%q does not come back", parts)
		}
	}
}
