package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// Kinds of activity.
const (
	KindEvent    = "event"    // a document changed
	KindDelivery = "delivery" // a delivery came into a state
	KindAction   = "action"   // a person did something
	KindDrift    = "drift"    // a system shows other values in fields that are not its own
	KindState    = "state"    // something that the hub keeps doing came into another state
)

// An Activity is one line of what happened lately.
type Activity struct {
	Seq      uint64        `json:"seq"`
	At       time.Time     `json:"at"`
	Kind     string        `json:"kind"`
	Check    string        `json:"check,omitempty"`
	Pipeline string        `json:"pipeline,omitempty"`
	Entity   string        `json:"entity,omitempty"`
	Key      string        `json:"key,omitempty"`
	Name     string        `json:"name,omitempty"`
	System   string        `json:"system,omitempty"`
	Event    string        `json:"event,omitempty"`
	Chain    string        `json:"correlation_id,omitempty"`
	State    State         `json:"state,omitempty"`
	Target   *Target       `json:"target,omitempty"`
	Amount   *sihe.Decimal `json:"amount,omitempty"`
	Currency string        `json:"currency,omitempty"`
	Who      string        `json:"who,omitempty"`
	Why
}

func activityOf(d *Delivery) Activity {
	return Activity{
		Kind: KindDelivery, Pipeline: d.Pipeline, Entity: d.Entity, Key: d.Subject, Name: d.Name, System: d.System,
		Event: d.ID, Chain: d.Chain, State: d.State, Target: d.Target, Amount: d.Amount, Currency: d.Currency, Why: d.Why,
	}
}

// Tell appends to the feed, which keeps the last ones only.
func (t *Tx) Tell(a Activity) error {
	b := t.Bucket("feed").AppendOnly()
	last, err := t.LastActivity() // the feed is never empty again
	if err != nil {
		return err
	}
	seq := last + 1
	a.Seq, a.At = seq, t.now
	if limit := uint64(t.retention.Feed); seq > limit { //nolint:gosec // positive
		if err := b.Delete(key(seq - limit)); err != nil {
			return err
		}
	}
	return put(b, key(seq), &a)
}

// Activity returns up to limit lines after a sequence number, the oldest first.
func (t *Tx) Activity(after uint64, limit int) ([]Activity, error) {
	var all []Activity
	err := t.Bucket("feed").Each(key(after+1), false, func(_, v []byte) (bool, error) {
		var a Activity
		err := decode(v, &a)
		all = append(all, a)
		return len(all) < limit, err
	})
	return all, err
}

// LastActivity returns the last sequence number given out.
func (t *Tx) LastActivity() (uint64, error) {
	var seq uint64
	err := t.Bucket("feed").Each(nil, true, func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		seq = r.number()
		return false, nil
	})
	return seq, err
}
