package store

import "time"

// An Edit is one change of a kept event's payload by a person; Before and After are digests.
type Edit struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Why    string    `json:"reason"`
	Before string    `json:"before"`
	After  string    `json:"after"`
}

// Edits are the changes of one event's payload, and the payload as it came.
type Edits struct {
	Original []byte `json:"original"`
	Edits    []Edit `json:"edits"`
}

// KeepEdit notes a change in the transaction that makes it. The payload before the first one is kept as long as the
// delivery is.
func (t *Tx) KeepEdit(d *Delivery, before []byte, e Edit) error {
	all, found, err := t.Edits(d)
	if err != nil {
		return err
	}
	if !found {
		all.Original = before
	}
	e.At = t.now
	all.Edits = append(all.Edits, e)
	return put(t.part(d.Part, "edits"), key(d.ID), all)
}

// Edits returns the changes of a delivery's payload; false when nobody has edited it.
func (t *Tx) Edits(d *Delivery) (Edits, bool, error) {
	return get[Edits](t.part(d.Part, "edits"), key(d.ID))
}

// Behind calls f for the kept events of a subject in their order, the head first, until f returns false.
func (t *Tx) Behind(p Part, subject string, f func(Kept) (bool, error)) error {
	return t.part(p, "kept").EachPrefix(key(subject), func(_, v []byte) (bool, error) {
		k, err := decodeKept(v)
		if err != nil {
			return false, err
		}
		return f(k)
	})
}

// Marked returns the last version of a subject that the part has begun.
func (t *Tx) Marked(p Part, subject string) (int64, error) {
	version, _, err := get[int64](t.part(p, "marks"), key(subject))
	return version, err
}
