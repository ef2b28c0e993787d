package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

func TestFindingsAreCountedAndToldOnce(t *testing.T) {
	s, c := open(t, Retention{})
	amount, less := sihe.MustDecimal("113.00"), sihe.MustDecimal("0.10")
	left, right := Ref{Entity: "erp.delivery", Key: "DN-1"}, Ref{Entity: "finance.receivable"}
	gone := Finding{Check: "owed", Kind: FindingMissing, By: "DN-1", Left: "DN-1", Amount: &amount, Currency: "CNY"}
	odd := Finding{Check: "owed", Kind: FindingDifferent, By: "DN-2", Left: "DN-2", Right: "AR-2", Amount: &less, Currency: "CNY", Fields: []Unequal{{Field: "total", Left: "1", Right: "0.9"}}}
	first := c.at
	opened := func(f Finding) (fresh bool) {
		update(t, s, func(tx *Tx) (err error) { fresh, err = tx.OpenFinding(f, left, right); return err })
		return fresh
	}
	if !opened(gone) || !opened(odd) {
		t.Error("what is new is not called so")
	}
	c.at = c.at.Add(time.Hour)
	update(t, s, func(tx *Tx) error { return tx.Tried(gone, Try{Action: "replay"}) })
	more := sihe.MustDecimal("0.20")
	odd.Amount = &more
	if opened(gone) || opened(odd) {
		t.Error("what stands is called new")
	}
	view(t, s, func(tx *Tx) error {
		stands, err := tx.Standing("owed")
		if diff := cmp.Diff(Standing{Missing: 1, Different: 1, Amounts: map[string]sihe.Decimal{"CNY": sihe.MustDecimal("113.20")}}, stands); diff != "" {
			t.Error(diff)
		}
		var all []Finding
		var place []byte
		err = tx.Findings("owed", nil, func(x Finding, at []byte) (bool, error) {
			all, place = append(all, x), at
			return len(all) < 1, err
		})
		if err == nil {
			err = tx.Findings("owed", place, func(x Finding, _ []byte) (bool, error) { all = append(all, x); return true, nil })
		}
		if err != nil || len(all) != 2 || !all[0].Since.Equal(first) || len(all[0].Tries) != 1 || all[1].Amount.String() != "0.20" {
			t.Errorf("findings: %+v, %v", all, err)
		}
		return nil
	})
	update(t, s, func(tx *Tx) error {
		if err := tx.CloseFinding(odd, left, right); err != nil {
			return err
		}
		return tx.CloseFinding(odd, left, right)
	})
	view(t, s, func(tx *Tx) error {
		lines, err := tx.Activity(0, 100)
		var told []string
		for _, l := range lines {
			told = append(told, l.Kind+" "+l.Name+" "+string(l.Code))
		}
		want := []string{"check found CHECK_MISSING", "check found CHECK_DIFFERENT", "check holds CHECK_DIFFERENT"}
		if diff := cmp.Diff(want, told); diff != "" || err != nil {
			t.Error(diff, err)
		}
		tries, err := tx.TriesOf(gone)
		if len(tries) != 1 {
			t.Errorf("tries: %v, %v", tries, err)
		}
		return err
	})
	c.at = c.at.Add(25 * time.Hour)
	update(t, s, func(tx *Tx) error {
		if tries, err := tx.TriesOf(gone); len(tries) != 0 || err != nil {
			t.Errorf("tries of yesterday count: %v, %v", tries, err)
		}
		n, err := tx.ForgetTries()
		if n != 1 {
			t.Errorf("%d forgotten", n)
		}
		return err
	})
	if err := s.ForgetCheck(t.Context(), "owed"); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) error {
		if stands, err := tx.Standing("owed"); stands.Total() != 0 || err != nil {
			t.Errorf("still there: %v, %v", stands, err)
		}
		return tx.Findings("", nil, func(x Finding, _ []byte) (bool, error) { t.Errorf("still there: %v", x); return true, nil })
	})
}

func TestMeetingFollowsItsDocument(t *testing.T) {
	s, _ := open(t, Retention{})
	meet := func(doc, text string) (before string) {
		update(t, s, func(tx *Tx) (err error) {
			p := &text
			if text == "" {
				p = nil
			}
			before, _, err = tx.Meet("x", doc, p)
			return err
		})
		return before
	}
	under := func(text string) (docs []string) {
		view(t, s, func(tx *Tx) error {
			return tx.Meeting("x", text, func(doc string) (bool, error) { docs = append(docs, doc); return true, nil })
		})
		return docs
	}
	meet("A", "DN-1")
	meet("B", "DN-1")
	if diff := cmp.Diff([]string{"A", "B"}, under("DN-1")); diff != "" {
		t.Error(diff)
	}
	if before := meet("A", "DN-10"); before != "DN-1" {
		t.Errorf("before: %q", before)
	}
	meet("B", "")
	if under("DN-1") != nil || len(under("DN-10")) != 1 {
		t.Errorf("%v, %v", under("DN-1"), under("DN-10"))
	}
	update(t, s, func(tx *Tx) error { return tx.DropMeeting("x") })
	if under("DN-10") != nil {
		t.Error("it is still there")
	}
}

func TestReopenedDeliveryGoesItsWayAgain(t *testing.T) {
	for _, to := range []State{Waiting, Parked} {
		s, c := open(t, Retention{})
		update(t, s, func(tx *Tx) error {
			d := delivery("e1", "SO-1")
			if err := tx.Reopen(d, message("e1"), to, Why{}); err == nil {
				t.Error("an event that was never received is reopened")
			}
			return tx.Move(d, Filtered, Why{})
		})
		c.at = c.at.Add(time.Hour)
		update(t, s, func(tx *Tx) error {
			d, _, err := tx.Delivery(delivery("e1", "SO-1").Part, "e1")
			if err != nil {
				return err
			}
			return tx.Reopen(d, message("e1"), to, Why{Code: sihe.CodeCheckRepair})
		})
		view(t, s, func(tx *Tx) error {
			k, d, found, err := tx.Head(delivery("e1", "SO-1").Part, "SO-1")
			if !found || err != nil || k.ID != "e1" || d.State != to || d.Code != sihe.CodeCheckRepair {
				t.Errorf("%v %+v %v", found, d, err)
			}
			return tx.Balance("", func(r Row) (bool, error) {
				if x := r.Difference(); x.Count != 0 || r.States[to].Count != 1 || r.States[Filtered].Count != 0 || r.Received.Count != 1 {
					t.Errorf("balance: %+v", r)
				}
				return true, nil
			})
		})
		update(t, s, func(tx *Tx) error {
			_, d, _, err := tx.Head(delivery("e1", "SO-1").Part, "SO-1")
			if err != nil {
				return err
			}
			return tx.Finish(d, Rejected, Why{})
		})
		c.at = c.at.Add(100 * 24 * time.Hour)
		if n, err := s.Trim(t.Context()); n != 1 || err != nil { // one entry, not one for each end
			t.Errorf("trimmed %d, %v", n, err)
		}
	}
}
