package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// A clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(t testing.TB, r Retention) (*Store, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "hub.db"), Now: c.now, Retention: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, c
}

func update(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	proof, err := s.Update(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	if !proof.Valid() {
		t.Fatal("an update without proof")
	}
}

func view(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.View(f); err != nil {
		t.Fatal(err)
	}
}

var part = Part{Pipeline: "order-to-job", Partition: 3}

func delivery(id, subject string) *Delivery {
	amount := sihe.MustDecimal("12.50")
	return &Delivery{Part: part, ID: id, Entity: "crm.order", Subject: subject, Name: "won", Version: 1, Day: "2026-03-02", Amount: &amount, Currency: "CNY"}
}

func message(id string) sihe.Message {
	return sihe.Message{Topic: "sihe.crm.order", Partition: 3, Offset: 7, Key: []byte("k"), Value: []byte("{" + id + "}"), Headers: []sihe.Header{{Key: "ce_id", Value: []byte(id)}}}
}

func TestMoveRefusesStatesThatDoNotFollow(t *testing.T) {
	s, _ := open(t, Retention{})
	update(t, s, func(tx *Tx) error { return tx.Finish(delivery("a", "S"), Filtered, Why{}) })
	_, err := s.Update(context.Background(), func(tx *Tx) error {
		d, _, err := tx.Delivery(part, "a")
		if err != nil {
			return err
		}
		return tx.Move(d, Writing, Why{})
	})
	if sihe.CodeOf(err) != sihe.CodeStateOrder {
		t.Errorf("from filtered to writing: %v", err)
	}
	for _, from := range append(States(), "") {
		for _, to := range from.next() {
			if from.Final() {
				t.Errorf("%s is final but leads to %s", from, to)
			}
		}
	}
}

func TestBalanceClosesUnderRandomMoves(t *testing.T) {
	s, _ := open(t, Retention{})
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range 400 {
		id := fmt.Sprint(r.IntN(60))
		update(t, s, func(tx *Tx) error {
			d, found, err := tx.Delivery(part, id)
			if err != nil {
				return err
			}
			if !found {
				d = delivery(id, "S"+id)
			}
			options := d.State.next()
			if len(options) == 0 {
				return nil
			}
			return tx.Move(d, options[r.IntN(len(options))], Why{})
		})
		if i%20 > 0 {
			continue
		}
		view(t, s, func(tx *Tx) error {
			states := map[State]int64{}
			for n := range 60 {
				if d, found, _ := tx.Delivery(part, fmt.Sprint(n)); found {
					states[d.State]++
				}
			}
			return tx.Balance("", func(row Row) (bool, error) {
				if d := row.Difference(); d.Count != 0 || d.Amount.Sign() != 0 {
					t.Fatalf("seed %d: %+v", seed, row)
				}
				got := map[State]int64{}
				for st, n := range row.States {
					got[st] = n.Count
				}
				if d := cmp.Diff(states, got); d != "" {
					t.Fatalf("seed %d: counted differently: %s", seed, d)
				}
				return true, nil
			})
		})
	}
}

func TestLaneKeepsOrder(t *testing.T) {
	s, c := open(t, Retention{})
	update(t, s, func(tx *Tx) error {
		for _, id := range []string{"1", "2", "3"} {
			to, due := Waiting, time.Time{}
			if id == "1" {
				due = c.at.Add(time.Minute)
			}
			if err := tx.Hold(delivery(id, "S"), message(id), to, Why{Code: sihe.CodeBehind}, due); err != nil {
				return err
			}
		}
		return tx.Hold(delivery("x", "S\x00"), message("x"), Parked, Why{}, time.Time{}) // a subject that begins the same
	})
	for _, want := range []string{"1", "2", "3"} {
		view(t, s, func(tx *Tx) error {
			k, d, found, err := tx.Head(part, "S")
			if err != nil || !found || k.ID != want || d.ID != want {
				t.Errorf("head: %v %v %v, want %s", k.ID, found, err, want)
			}
			if diff := cmp.Diff(message(want), k.Message); diff != "" {
				t.Errorf("kept message: %s", diff)
			}
			return nil
		})
		update(t, s, func(tx *Tx) error {
			d, _, err := tx.Delivery(part, want)
			if err != nil {
				return err
			}
			return tx.Finish(d, Rejected, Why{})
		})
	}
	view(t, s, func(tx *Tx) error {
		if _, found, err := tx.Lane(part, "S"); found || err != nil {
			t.Errorf("the lane is still there: %v", err)
		}
		if l, found, err := tx.Lane(part, "S\x00"); !found || l.Depth != 1 || err != nil {
			t.Errorf("the other lane: %+v %v", l, err)
		}
		return tx.Due(part, func(due time.Time, subject string) bool {
			t.Errorf("%s is due at %s", subject, due)
			return true
		})
	})
}

func TestDueIsInOrderOfTime(t *testing.T) {
	s, c := open(t, Retention{})
	update(t, s, func(tx *Tx) error {
		for i, minutes := range []int{5, 1, 3} {
			subject := fmt.Sprint("S", i)
			if err := tx.Hold(delivery(subject, subject), message(subject), Waiting, Why{}, c.at.Add(time.Duration(minutes)*time.Minute)); err != nil {
				return err
			}
		}
		_, err := tx.Wake(part, "S0")
		return err
	})
	var got []string
	view(t, s, func(tx *Tx) error {
		return tx.Due(part, func(_ time.Time, subject string) bool { got = append(got, subject); return true })
	})
	if diff := cmp.Diff([]string{"S0", "S1", "S2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLearnWakesWhoWaits(t *testing.T) {
	s, c := open(t, Retention{})
	party := Ref{Module: "erp", Entity: "crm.party", Key: "P1"}
	update(t, s, func(tx *Tx) error {
		d := delivery("a", "S")
		if err := tx.Await(d, party); err != nil {
			return err
		}
		return tx.Hold(d, message("a"), Waiting, Why{Code: sihe.CodeWaitingFor}, c.at.Add(time.Hour))
	})
	c.at = c.at.Add(time.Minute)
	var woken []Part
	update(t, s, func(tx *Tx) (err error) {
		if known, err := tx.Known(party); known || err != nil {
			t.Errorf("known too early: %v", err)
		}
		if _, err := tx.Learn(Ref{Module: "erp", Entity: "crm.party", Key: "P"}); err != nil { // another one
			return err
		}
		woken, err = tx.Learn(party)
		return err
	})
	if diff := cmp.Diff([]Part{part}, woken); diff != "" {
		t.Error(diff)
	}
	view(t, s, func(tx *Tx) error {
		l, _, err := tx.Lane(part, "S")
		if !l.Due.Equal(c.at) {
			t.Errorf("due at %s, not at once", l.Due)
		}
		return err
	})
	update(t, s, func(tx *Tx) (err error) { woken, err = tx.Learn(party); return err })
	if len(woken) > 0 {
		t.Errorf("woken twice: %v", woken)
	}
}

func TestDigestOnlyOfTheLastWrite(t *testing.T) {
	s, _ := open(t, Retention{})
	g := Target{System: "erp", Entity: "erp.job", Key: "J1"}
	expect := func(what, want string) {
		t.Helper()
		view(t, s, func(tx *Tx) error {
			d, err := tx.Digest(g)
			if d.Value != want {
				t.Errorf("%s: digest %q, want %q", what, d.Value, want)
			}
			return err
		})
	}
	do := func(f func(tx *Tx) error) { t.Helper(); update(t, s, f) }
	do(func(tx *Tx) error { return tx.BeginWrite(g) })
	do(func(tx *Tx) error { return tx.EndWrite(g, "one", "e1") })
	expect("after one write", "one")
	do(func(tx *Tx) error { return tx.BeginWrite(g) })
	expect("while another is under way", "")
	do(func(tx *Tx) error { return tx.BeginWrite(g) })
	do(func(tx *Tx) error { return tx.EndWrite(g, "two", "e2") })
	do(func(tx *Tx) error { return tx.EndWrite(g, "three", "e3") })
	expect("after two at once, whose order is not known", "")
	do(func(tx *Tx) error { return tx.BeginWrite(g) })
	do(func(tx *Tx) error { return tx.EndWrite(g, "four", "e4") })
	do(func(tx *Tx) error { return tx.Touched(g, "e4") })
	expect("after its own consequence", "four")
	do(func(tx *Tx) error { return tx.Touched(g, "") })
	expect("after somebody else's change", "")
	if _, err := s.Update(context.Background(), func(tx *Tx) error { return tx.EndWrite(g, "", "") }); err == nil {
		t.Error("a write ended that never began")
	}
}

func TestLinksStayPairs(t *testing.T) {
	s, _ := open(t, Retention{})
	update(t, s, func(tx *Tx) error {
		for _, l := range [][2]string{{"P1", "100"}, {"P1", "101"}, {"P2", "101"}, {"P3", "103"}} {
			if err := tx.Link("kd", "crm.party", l[0], l[1]); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx *Tx) error {
		var got []XRef
		err := tx.Links("kd", func(x XRef) (bool, error) { got = append(got, x); return true, nil })
		want := []XRef{{"kd", "crm.party", "P2", "101"}, {"kd", "crm.party", "P3", "103"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if c, found, _ := tx.Canonical("kd", "crm.party", "100"); found {
			t.Errorf("100 is still %s", c)
		}
		named, _ := tx.Named("103")
		if diff := cmp.Diff([]Ref{{Entity: "crm.party", Key: "P3"}}, named); diff != "" {
			t.Error(diff)
		}
		return err
	})
}
