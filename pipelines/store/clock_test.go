package store

import (
	"testing"
	"time"
)

// A clock that leaps is not believed for a day of work; one that goes on evenly is. What comes to its end while it is set
// back is not older than what the clock said before.
func TestLook(t *testing.T) {
	s, c := open(t, Retention{})
	look := func(first bool) (steady bool) {
		update(t, s, func(tx *Tx) (err error) { steady, err = tx.Look(time.Hour, first); return err })
		return steady
	}
	if !look(true) {
		t.Error("a new file does not believe its clock")
	}
	began := c.at
	c.at = c.at.Add(time.Hour)
	if !look(false) {
		t.Error("an hour is a leap")
	}
	c.at = began.AddDate(10, 0, 0)
	if look(false) {
		t.Error("ten years are believed at once")
	}
	looks := 0
	for c.at = c.at.Add(time.Hour); !look(false); c.at = c.at.Add(time.Hour) {
		if looks++; looks%5 == 0 && look(true) {
			t.Error("a start counts as a look")
		}
	}
	if looks != 24 {
		t.Errorf("believed after %d looks", looks)
	}
	latest := c.at
	c.at = began
	update(t, s, func(tx *Tx) error {
		for _, x := range []struct {
			to   State
			want time.Time
		}{{Delivered, latest}, {Waiting, began}} {
			if at, err := tx.plausible(x.to); err != nil || !at.Equal(x.want) {
				t.Errorf("%s at %s, %v; want %s", x.to, at, err, x.want)
			}
		}
		return nil
	})
	if look(false) {
		t.Error("a clock that was set back is believed")
	}
}

// Until when a brake is lifted can be read again.
func TestLift(t *testing.T) {
	s, c := open(t, Retention{})
	until := c.at.Add(time.Hour)
	update(t, s, func(tx *Tx) error { return tx.Lift("p", until) })
	view(t, s, func(tx *Tx) error {
		if at, err := tx.Lifted("p"); err != nil || !at.Equal(until) {
			t.Errorf("lifted until %s, %v", at, err)
		}
		return nil
	})
}
