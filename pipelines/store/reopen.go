package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// Reopen takes a delivery that has come to its end back into the lane of its subject with its event m: Waiting lets it go
// its way again at once, Parked leaves it to a person. It is for replays, which a person or a check has asked for; the
// balance moves with it.
func (t *Tx) Reopen(d *Delivery, m sihe.Message, to State, why Why) error {
	if !d.State.Final() || (to != Waiting && to != Parked) {
		return sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "reopen %s %s: from %q to %q", d.Pipeline, d.ID, d.State, to))
	}
	d.Rerun, d.Forced = 0, false // what it counted for is over
	if err := t.part(d.Part, "done").Delete(key(d.Since, d.ID)); err != nil {
		return err
	}
	if d.State == Filtered {
		if err := t.link(d, to); err != nil { // so far it was of no interest to the trace
			return err
		}
	}
	if err := t.count(d, d.State, Waiting); err != nil {
		return err
	}
	d.State, d.Since = Waiting, t.now
	d.Attempts, d.LookUps, d.Deadline, d.Awaits, d.Receipt = 0, 0, time.Time{}, nil, nil
	if to == Parked {
		return t.Hold(d, m, to, why, time.Time{})
	}
	if err := t.Hold(d, m, to, why, t.now); err != nil {
		return err
	}
	return t.Tell(activityOf(d))
}
