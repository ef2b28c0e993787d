package store

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
)

// A Part is one partition of one pipeline: what moves between hubs as a whole.
type Part struct {
	Pipeline  string `json:"pipeline"`
	Partition int    `json:"partition"`
}

// A Ref names one document.
type Ref struct {
	Module string `json:"module,omitempty"` // where it is asked for, when that matters
	Entity string `json:"entity"`
	Key    string `json:"key"`
}

// A Target is where a delivery goes.
type Target struct {
	System string `json:"system"`
	Module string `json:"module"`
	Entity string `json:"entity"`
	Do     string `json:"do"`
	Key    string `json:"key,omitempty"`
}

// A Why explains a state.
type Why struct {
	Code sihe.Code `json:"code,omitempty"`
	Text string    `json:"text,omitempty"`
	Path string    `json:"path,omitempty"`
}

// A Change is one step of a delivery's history.
type Change struct {
	At    time.Time `json:"at"`
	State State     `json:"state"`
	Why
}

// A Delivery is what became of one event in one pipeline.
type Delivery struct {
	Part
	ID      string        `json:"id"` // the event's
	Topic   string        `json:"topic,omitempty"`
	Offset  int64         `json:"offset"`
	System  string        `json:"source"` // that stated the event
	Entity  string        `json:"entity"`
	Subject string        `json:"subject"` // of the lane: the bus key
	Name    string        `json:"name"`
	Version int64         `json:"version"`
	Time    time.Time     `json:"time"` // the event's business time
	Chain   string        `json:"correlation_id,omitempty"`
	Cause   string        `json:"causation_id,omitempty"`
	Hops    int           `json:"hops,omitempty"`
	Body    string        `json:"body,omitempty"` // digest of the payload, to notice an id used twice
	Day     string        `json:"day"`
	Amount  *sihe.Decimal `json:"amount,omitempty"`

	Currency string `json:"currency,omitempty"`

	State State `json:"state"`
	Why
	Attempts int       `json:"attempts,omitempty"` // to write
	LookUps  int       `json:"look_ups,omitempty"` // to find out what became of one
	Received time.Time `json:"received"`
	Updated  time.Time `json:"updated"`
	Since    time.Time `json:"since"` // of this state
	Deadline time.Time `json:"deadline,omitzero"`
	Kept     uint64    `json:"kept,omitempty"` // its place among the kept events of its subject; 0: it is not kept
	Awaits   *Ref      `json:"awaits,omitempty"`
	Lane     string    `json:"lane,omitempty"`   // in which it calls its target; empty: live
	Rerun    uint64    `json:"rerun,omitempty"`  // the replay or backfill that took it up last
	Forced   bool      `json:"forced,omitempty"` // by that: written although the target should have it

	Target  *Target         `json:"target,omitempty"`
	Digest  string          `json:"digest,omitempty"`
	Write   json.RawMessage `json:"write,omitempty"` // the intent: what is sent, the same at every attempt
	Receipt *sihe.Receipt   `json:"receipt,omitempty"`
	History []Change        `json:"history,omitempty"`
}

// Delivery returns what is known of an event in a part.
func (t *Tx) Delivery(p Part, id string) (*Delivery, bool, error) {
	d, found, err := get[Delivery](t.part(p, "deliveries"), key(id))
	return &d, found, err
}

// Do returns what is done to the target, "" before it is known.
func (d *Delivery) Do() string {
	if d.Target == nil {
		return ""
	}
	return d.Target.Do
}

// Put stores the delivery without changing its state.
func (t *Tx) Put(d *Delivery) error {
	d.Updated = t.now
	return put(t.part(d.Part, "deliveries"), key(d.ID), d)
}

// Move brings the delivery into a state, and with it everything that counts or lists it: balance, open list, trace and
// feed (invariant 4). A delivery without a state is received by this.
func (t *Tx) Move(d *Delivery, to State, why Why) error {
	if err := d.may(to); err != nil {
		return err
	}
	return t.move(d, to, why)
}

func (d *Delivery) may(to State) error {
	if slices.Contains(d.State.next(), to) {
		return nil
	}
	return sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "move %s %s: from %q to %q", d.Pipeline, d.ID, d.State, to))
}

// Deliver moves the delivery to delivered although no intent was kept: its effect, a message on the bus, is part of this
// transaction. It lets a kept event go as Finish does.
func (t *Tx) Deliver(d *Delivery) error {
	if err := d.may(Writing); err != nil {
		return err
	}
	return t.finish(d, Delivered, Why{})
}

func (t *Tx) move(d *Delivery, to State, why Why) error {
	from := d.State
	if from == "" {
		d.Received = t.now
		if err := t.link(d, to); err != nil {
			return err
		}
	}
	if err := t.count(d, from, to); err != nil {
		return err
	}
	if err := t.unlist(d); err != nil {
		return err
	}
	if d.Awaits != nil && to != Waiting {
		if err := t.forget(d); err != nil {
			return err
		}
	}
	if from != to {
		var err error
		if d.Since, err = t.plausible(to); err != nil {
			return err
		}
	}
	d.State, d.Why = to, why
	if to != Filtered { // most events are, in most pipelines: their record stays small
		d.History = append(d.History, Change{At: t.now, State: to, Why: why})
	}
	if n := len(d.History) - t.retention.History; n > 0 {
		d.History = slices.Delete(d.History, 1, 1+n) // the first one says when it came
	}
	if err := t.list(d); err != nil {
		return err
	}
	if to != Filtered && to != Writing && (from != to || to == Retrying) {
		if err := t.Tell(activityOf(d)); err != nil {
			return err
		}
	}
	return t.Put(d)
}

func (t *Tx) part(p Part, name string) *durable.Bucket {
	return t.Bucket("part", p.Pipeline, partitionName(p.Partition), name)
}

// list enters the delivery where people look for it, or where Trim finds it once it is final.
func (t *Tx) list(d *Delivery) error {
	switch {
	case d.State.Final():
		return t.part(d.Part, "done").Put(key(d.Since, d.ID), nil)
	case d.State == Writing:
		return nil // so short that nobody would see it there
	case d.State == Parked:
		if err := t.park(d); err != nil {
			return err
		}
	}
	return t.Bucket("open").Put(openKey(d), nil)
}

func (t *Tx) unlist(d *Delivery) error {
	if d.State == "" || d.State.Final() || d.State == Writing {
		return nil
	}
	if d.State == Parked {
		if err := t.unpark(d); err != nil {
			return err
		}
	}
	return t.Bucket("open").Delete(openKey(d))
}

func openKey(d *Delivery) []byte {
	return key(string(d.State), d.Since, d.Pipeline, d.Partition, d.ID)
}

// Open calls f for the deliveries that are in a state which is not final, the oldest first, until f returns false.
// Deliveries being written are not listed.
func (t *Tx) Open(s State, f func(*Delivery) (bool, error)) error {
	return t.Bucket("open").EachPrefix(key(string(s)), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_, _ = r.text(), r.time()
		p := Part{Pipeline: r.text(), Partition: int(r.number())} //nolint:gosec // was an int
		d, found, err := t.Delivery(p, r.text())
		if err != nil || !found {
			return err == nil, err
		}
		return f(d)
	})
}

// Seen says whether the event has come to its end in the part, or is kept there.
func (s *Store) Seen(p Part, id string) (d *Delivery, found bool, err error) {
	err = s.View(func(t *Tx) error {
		d, found, err = t.Delivery(p, id)
		return err
	})
	return d, found, err
}

// Partitions lists the parts of which the store holds something.
func (t *Tx) Partitions() []Part {
	var all []Part
	for _, pipeline := range t.Bucket("part").Buckets() {
		all = append(all, t.Parts(pipeline)...)
	}
	return all
}

// Parts lists the parts of one pipeline.
func (t *Tx) Parts(pipeline string) []Part {
	var all []Part
	for _, name := range t.Bucket("part", pipeline).Buckets() {
		n := 0
		for _, r := range name {
			n = n*10 + int(r-'0')
		}
		all = append(all, Part{Pipeline: pipeline, Partition: n})
	}
	return all
}

// DropPartition removes everything that belongs to the subjects of a part. What it counted stays counted: whoever takes
// the partition over goes on from there.
func (t *Tx) DropPartition(p Part) error {
	var listed []*Delivery
	for _, s := range States() {
		err := t.Open(s, func(d *Delivery) (bool, error) {
			if d.Part == p {
				listed = append(listed, d)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	for _, d := range listed {
		if err := t.unlist(d); err != nil {
			return err
		}
	}
	return t.Bucket("part", p.Pipeline).DeleteBucket(partitionName(p.Partition))
}
