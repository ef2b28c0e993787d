package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// Months of deliveries, audit rows and activity: what is kept is bounded by the retention, and so is the file.
func TestTheStoreDoesNotGrowWithoutBound(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(store.Options{
		Path: filepath.Join(t.TempDir(), "s.db"), Now: func() time.Time { return now },
		Retention: store.Retention{Deliveries: 10 * 24 * time.Hour, Steps: 10 * 24 * time.Hour, Balance: 10 * 24 * time.Hour, Audit: 20 * 24 * time.Hour, Feed: 500},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const perDay = 40
	part := store.Part{Pipeline: "p", Partition: 0}
	oneDay := func(day int) {
		_, err := s.Update(t.Context(), func(tx *store.Tx) error {
			for i := range perDay {
				id := fmt.Sprintf("e%d-%d", day, i)
				d := &store.Delivery{Part: part, ID: id, Entity: "crm.deal", Subject: fmt.Sprint("D", i), Name: "won", Day: now.Format(time.DateOnly), Target: &store.Target{System: "erp", Entity: "erp.job", Key: fmt.Sprint("J", i)}}
				if err := tx.Move(d, store.Writing, store.Why{}); err != nil {
					return err
				}
				if err := tx.Finish(d, store.Delivered, store.Why{}); err != nil {
					return err
				}
				if _, err := tx.Observed(store.Step{ID: id, Entity: "crm.deal", Key: d.Subject, Name: "won", Version: int64(day), Time: now, Chain: d.Subject}, nil); err != nil {
					return err
				}
			}
			return tx.Audit(store.Audit{Who: "li", Action: "replay", Object: fmt.Sprint(day), Reason: "a test"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(24 * time.Hour)
	}
	for day := range 30 {
		oneDay(day)
	}
	size := s.Size()
	for day := range 70 {
		oneDay(30 + day)
	}
	if grown := s.Size(); grown > size+size/4 {
		t.Errorf("the file grew from %d to %d bytes", size, grown)
	}
	err = s.View(func(tx *store.Tx) error {
		all, err := tx.Holdings()
		for _, h := range all {
			age := now.Sub(h.Oldest)
			switch h.What {
			case "deliveries":
				if h.Count != 10*perDay || age > 11*24*time.Hour || h.Keep != 10*24*time.Hour {
					t.Errorf("%+v", h)
				}
			case "activity":
				if h.Count != 500 || h.Most != 500 {
					t.Errorf("%+v", h)
				}
			case "audit":
				if h.Count != 20 || age > 21*24*time.Hour {
					t.Errorf("%+v", h)
				}
			case "traces":
				if age > 11*24*time.Hour {
					t.Errorf("%+v", h)
				}
			case "kept events":
				if h.Count != 0 || !h.Open {
					t.Errorf("%+v", h)
				}
			}
		}
		rows, _, err2 := tx.VerifyAudit()
		if rows != 100 {
			t.Errorf("%d rows", rows)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing that waits for its end is removed, and of the audit trail the last row stays.
func TestTrimLeavesWhatIsOpen(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(store.Options{
		Path: filepath.Join(t.TempDir(), "s.db"), Now: func() time.Time { return now }, Retention: store.Retention{Deliveries: time.Hour, Audit: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	parked := &store.Delivery{Part: store.Part{Pipeline: "p"}, ID: "e", Entity: "crm.deal", Subject: "D", Day: "2026-01-01"}
	update := func(f func(tx *store.Tx) error) {
		t.Helper()
		if _, err := s.Update(context.Background(), f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *store.Tx) error {
		if err := tx.Audit(store.Audit{Who: "li", Action: "park", Object: "e", Reason: "a test"}); err != nil {
			return err
		}
		return tx.Hold(parked, sihe.Message{Topic: "sihe.crm.deal", Key: []byte("D"), Value: []byte("{}")}, store.Parked, store.Why{}, time.Time{})
	})
	now = now.AddDate(5, 0, 0)
	if _, err := s.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	update(func(tx *store.Tx) error {
		d, found, err := tx.Delivery(parked.Part, "e")
		if err != nil || !found || d.State != store.Parked {
			t.Errorf("%+v %v %v", d, found, err)
		}
		if _, err := tx.Kept(d); err != nil {
			t.Error(err)
		}
		all, err := tx.Holdings()
		if err != nil || all[1].Count != 1 || all[1].Oldest.IsZero() || all[5].Count != 1 {
			t.Errorf("%+v %v", all, err)
		}
		return tx.Audit(store.Audit{Who: "li", Action: "discard", Object: "e", Reason: "a test"})
	})
	if _, err := s.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	update(func(tx *store.Tx) error {
		base, err := tx.AuditBase()
		rows, _, err2 := tx.VerifyAudit()
		if base.Seq != 1 || rows != 2 {
			t.Errorf("base %+v, %d rows", base, rows)
		}
		return errors.Join(err, err2)
	})
}
