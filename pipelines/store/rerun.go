package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// Kinds of reruns.
const (
	RerunReplay   = "replay"   // stored events of a period
	RerunBackfill = "backfill" // the latest state of every document
)

// States of reruns.
const (
	RerunRunning = "running"
	RerunDone    = "done"
	RerunStopped = "stopped"
)

// A Rerun lets a pipeline carry again what has been. Its place is kept in the transaction that takes an event up, so that
// none is taken up twice and none is left out, whenever the hub stops.
type Rerun struct {
	ID       uint64    `json:"id"`
	Kind     string    `json:"kind"`
	Pipeline string    `json:"pipeline"`
	Entity   string    `json:"entity"`
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	Key      string    `json:"key,omitempty"`
	Again    bool      `json:"again,omitempty"` // also what was delivered, under the same write id
	Who      string    `json:"who"`
	Why      string    `json:"reason"`

	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Error   string    `json:"error,omitempty"` // why it was stopped

	Read   int64   `json:"read"`            // events or documents looked at
	Total  int64   `json:"total"`           // that there are
	Next   []int64 `json:"next,omitempty"`  // of a replay: the next offset, by partition
	End    []int64 `json:"end,omitempty"`   // of a replay: the offset at which it ends, by partition
	After  string  `json:"after,omitempty"` // of a backfill: the key of the last document
	Walked bool    `json:"walked"`          // everything was looked at; what was taken up may still be on its way
	// Left counts what was not taken up: "unchanged", "filtered", "open" (on its way or parked already), "ahead" (comes by
	// itself) and "left" (delivered before, and would not be now).
	Left map[string]int64 `json:"left"`
}

// AddRerun keeps a new rerun and numbers it.
func (t *Tx) AddRerun(r *Rerun) error {
	seq, err := t.Bucket("reruns").NextSequence()
	if err != nil {
		return err
	}
	r.ID, r.State, r.Started, r.Left = seq, RerunRunning, t.now, map[string]int64{}
	return t.PutRerun(*r)
}

// PutRerun replaces what is kept of a rerun.
func (t *Tx) PutRerun(r Rerun) error { return put(t.Bucket("reruns"), key(r.ID), r) }

// Rerun returns one.
func (t *Tx) Rerun(id uint64) (Rerun, bool, error) { return get[Rerun](t.Bucket("reruns"), key(id)) }

// Reruns calls f for all, the latest first, until f returns false.
func (t *Tx) Reruns(f func(Rerun) (bool, error)) error {
	return t.Bucket("reruns").Each(nil, true, func(_, v []byte) (bool, error) {
		var r Rerun
		if err := decode(v, &r); err != nil {
			return false, err
		}
		return f(r)
	})
}

// RerunRow counts what became of the events that a rerun has taken up.
func (t *Tx) RerunRow(id uint64) (Row, error) {
	r, _, err := get[Row](t.Bucket("rerun-totals"), key(id))
	return r, err
}

// TakeUp takes a delivery up for a rerun: one that came to its end is reopened, one that nothing is known of (Day and
// Received are zero for it) is received. What becomes of it counts for the rerun.
func (t *Tx) TakeUp(d *Delivery, m sihe.Message, id uint64, lane string, forced bool) error {
	why := Why{Code: sihe.CodeReplayed}
	if d.State == "" {
		if err := t.Hold(d, m, Waiting, why, t.now); err != nil {
			return err
		}
	} else if err := t.Reopen(d, m, Waiting, why); err != nil {
		return err
	}
	d.Rerun, d.Lane, d.Forced = id, lane, forced
	if err := t.countIn(t.Bucket("rerun-totals"), key(id), Tally{Count: 1}, "", d.State); err != nil {
		return err
	}
	return t.Put(d)
}

// countRerun follows a delivery for the rerun that took it up.
func (t *Tx) countRerun(d *Delivery, from, to State) error {
	if d.Rerun == 0 || from == "" {
		return nil
	}
	return t.countIn(t.Bucket("rerun-totals"), key(d.Rerun), Tally{Count: 1}, from, to)
}

// Restate corrects the amount with which a delivery is counted, for one that was let go before anybody had read its amount.
func (t *Tx) Restate(d *Delivery, amount *sihe.Decimal, currency string) error {
	if d.Amount != nil || amount == nil || d.State == "" {
		return nil
	}
	b, old := t.Bucket("balance"), key(d.Pipeline, d.Entity, d.Day, d.Currency)
	r, found, err := get[Row](b, old)
	if err != nil || !found {
		return err
	}
	less := Tally{Count: -1}
	r.Received = r.Received.plus(less)
	if r.States[d.State] = r.States[d.State].plus(less); r.States[d.State].Count == 0 {
		delete(r.States, d.State)
	}
	if r.Received.Count == 0 && len(r.States) == 0 {
		err = b.Delete(old)
	} else {
		err = put(b, old, r)
	}
	if err != nil {
		return err
	}
	d.Amount, d.Currency = amount, currency
	return t.countIn(b, key(d.Pipeline, d.Entity, d.Day, currency), Tally{Count: 1, Amount: *amount}, "", d.State)
}

// Rewind sets the cursor of a system back. A read that is under way must not keep its own cursor after it: that would
// undo it. Rewinds tells it.
func (t *Tx) Rewind(system string, c sihe.Cursor) error {
	n, err := t.Rewinds(system)
	if err != nil {
		return err
	}
	if err := put(t.Bucket("rewinds"), key(system), n+1); err != nil {
		return err
	}
	return t.SetCursor(system, c)
}

// Rewinds returns how often the cursor of a system was set back.
func (t *Tx) Rewinds(system string) (int64, error) {
	n, _, err := get[int64](t.Bucket("rewinds"), key(system))
	return n, err
}
