package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// A Lane is one subject of a part of which events are kept: the first of them could not be finished, and the later ones
// wait behind it in order (invariant 3).
type Lane struct {
	Part
	Subject string    `json:"subject"`
	Depth   int       `json:"depth"`
	First   string    `json:"first"`        // event id of the head
	Due     time.Time `json:"due,omitzero"` // when the head is tried next; zero: not by itself
}

// A Kept event waits in the store with its payload.
type Kept struct {
	ID      string
	Message sihe.Message
}

// Lane returns the kept events' row of a subject; false when nothing is kept for it.
func (t *Tx) Lane(p Part, subject string) (Lane, bool, error) {
	return get[Lane](t.part(p, "lanes"), key(subject))
}

// Lanes calls f for the subjects of a part that keep events, until f returns false.
func (t *Tx) Lanes(p Part, f func(Lane) (bool, error)) error {
	return t.part(p, "lanes").Each(nil, false, func(_, v []byte) (bool, error) {
		var l Lane
		if err := decode(v, &l); err != nil {
			return false, err
		}
		return f(l)
	})
}

// Hold moves the delivery to a state that is not final and keeps its event. As the head of its subject it comes again
// when due (zero: only when somebody wakes it); as a later one it waits for its turn.
func (t *Tx) Hold(d *Delivery, m sihe.Message, to State, why Why, due time.Time) error {
	l, found, err := t.Lane(d.Part, d.Subject)
	if err != nil {
		return err
	}
	if !found {
		l = Lane{Part: d.Part, Subject: d.Subject}
	}
	if d.Kept == 0 {
		if d.Kept, err = t.keep(d, m); err != nil {
			return err
		}
		l.Depth++
	}
	if l.First == "" {
		l.First = d.ID
	}
	if l.First == d.ID {
		if err := t.setDue(&l, due); err != nil {
			return err
		}
	}
	if err := t.putLane(l); err != nil {
		return err
	}
	return t.Move(d, to, why)
}

func (t *Tx) keep(d *Delivery, m sihe.Message) (uint64, error) {
	b := t.part(d.Part, "kept")
	seq, err := b.NextSequence()
	if err != nil {
		return 0, err
	}
	raw, err := encodeKept(Kept{ID: d.ID, Message: m})
	if err != nil {
		return 0, err
	}
	return seq, b.Put(key(d.Subject, seq), raw)
}

// Finish moves the delivery to its outcome. If its event was kept it is let go, and the next of its subject is due at
// once.
func (t *Tx) Finish(d *Delivery, to State, why Why) error {
	if err := d.may(to); err != nil {
		return err
	}
	return t.finish(d, to, why)
}

func (t *Tx) finish(d *Delivery, to State, why Why) error {
	d.Write = nil
	if d.Kept == 0 {
		return t.move(d, to, why)
	}
	if err := t.part(d.Part, "kept").Delete(key(d.Subject, d.Kept)); err != nil {
		return err
	}
	d.Kept = 0
	l, _, err := t.Lane(d.Part, d.Subject)
	if err != nil {
		return err
	}
	l.Depth--
	if l.First == d.ID {
		if err := t.advance(&l); err != nil {
			return err
		}
	}
	if l.Depth > 0 {
		err = t.putLane(l)
	} else {
		err = t.part(d.Part, "lanes").Delete(key(d.Subject))
	}
	if err != nil {
		return err
	}
	return t.move(d, to, why)
}

func (t *Tx) advance(l *Lane) error {
	l.First = ""
	err := t.part(l.Part, "kept").EachPrefix(key(l.Subject), func(_, v []byte) (bool, error) {
		k, err := decodeKept(v)
		l.First = k.ID
		return false, err
	})
	if err != nil {
		return err
	}
	due := t.now
	if l.First == "" {
		due = time.Time{}
	}
	return t.setDue(l, due)
}

// Wake makes the head of a subject due now; false when nothing is kept for it.
func (t *Tx) Wake(p Part, subject string) (bool, error) {
	l, found, err := t.Lane(p, subject)
	if err != nil || !found {
		return false, err
	}
	if err := t.setDue(&l, t.now); err != nil {
		return false, err
	}
	return true, t.putLane(l)
}

func (t *Tx) putLane(l Lane) error { return put(t.part(l.Part, "lanes"), key(l.Subject), l) }

func (t *Tx) setDue(l *Lane, due time.Time) error {
	b := t.part(l.Part, "due")
	if !l.Due.IsZero() {
		if err := b.Delete(key(l.Due, l.Subject)); err != nil {
			return err
		}
	}
	l.Due = due
	if due.IsZero() {
		return nil
	}
	return b.Put(key(due, l.Subject), key(t.now))
}

// Head returns the first kept event of a subject and its delivery; false when nothing is kept for it.
func (t *Tx) Head(p Part, subject string) (Kept, *Delivery, bool, error) {
	l, found, err := t.Lane(p, subject)
	if err != nil || !found {
		return Kept{}, nil, false, err
	}
	d, found, err := t.Delivery(p, l.First)
	if err != nil || !found {
		return Kept{}, nil, false, err
	}
	k, err := t.Kept(d)
	return k, d, err == nil, err
}

// Kept returns the kept event of a delivery.
func (t *Tx) Kept(d *Delivery) (Kept, error) {
	raw, found, err := t.part(d.Part, "kept").Get(key(d.Subject, d.Kept))
	if err != nil {
		return Kept{}, err
	}
	if !found {
		return Kept{}, sihe.Permanent(sihe.Errorf(sihe.CodeDocumentUnknown, "read kept event %s of %s: it is not kept", d.ID, d.Pipeline))
	}
	return decodeKept(raw)
}

// ReplaceKept changes the payload of a kept event, e.g. after a person has repaired it.
func (t *Tx) ReplaceKept(d *Delivery, k Kept) error {
	raw, err := encodeKept(k)
	if err != nil {
		return err
	}
	return t.part(d.Part, "kept").Put(key(d.Subject, d.Kept), raw)
}

// Mark raises the last version of a subject that the part has begun, and returns the one before.
func (t *Tx) Mark(p Part, subject string, version int64) (before int64, err error) {
	b := t.part(p, "marks")
	if before, _, err = get[int64](b, key(subject)); err != nil || version <= before {
		return before, err
	}
	return before, put(b, key(subject), version)
}
