package store

import (
	"bytes"
	"time"
)

// A meeting index lists the documents of an entity by the text on which a check lets them meet others. It is kept in the
// store, so that a check over a million documents needs no memory for them.

// Meet notes the text of a document in an index, null when it has none, and returns the one that it had before.
func (t *Tx) Meet(index, doc string, text *string) (before string, had bool, err error) {
	of, by := t.Bucket("meet", index, "of"), t.Bucket("meet", index, "by")
	old, had, err := of.Get(key(doc))
	if err != nil {
		return "", false, err
	}
	before = string(old)
	if had && text != nil && before == *text || !had && text == nil {
		return before, had, nil
	}
	if had {
		if err := by.Delete(key(before, doc)); err != nil {
			return before, had, err
		}
	}
	if text == nil {
		return before, had, of.Delete(key(doc))
	}
	if err := of.Put(key(doc), []byte(*text)); err != nil {
		return before, had, err
	}
	return before, had, by.Put(key(*text, doc), nil)
}

// Meeting calls f for the keys of the documents that an index has under a text, until f returns false.
func (t *Tx) Meeting(index, text string, f func(doc string) (bool, error)) error {
	return t.Bucket("meet", index, "by").EachPrefix(key(text), func(k, _ []byte) (bool, error) {
		r := keyReader(k)
		_ = r.text()
		return f(r.text())
	})
}

// MeetingBuilt returns when an index was last brought up to date with all documents; the zero time when it never was.
func (t *Tx) MeetingBuilt(index string) (time.Time, error) {
	at, _, err := get[time.Time](t.Bucket("meet", index, "built"), key("at"))
	return at, err
}

// SetMeetingBuilt notes it.
func (t *Tx) SetMeetingBuilt(index string, at time.Time) error {
	return put(t.Bucket("meet", index, "built"), key("at"), at)
}

// Meetings lists the indexes that are there.
func (t *Tx) Meetings() []string { return t.Bucket("meet").Buckets() }

// DropMeeting removes an index.
func (t *Tx) DropMeeting(index string) error { return t.Bucket("meet").DeleteBucket(index) }

// A Changed document is one of which the view took in a newer state.
type Changed struct {
	Entity string
	Key    string
	At     time.Time
}

// Changes calls f for the changes behind a place, the oldest first, until f returns false. The place of a change is what
// the next call goes on from; an empty one is the beginning.
func (t *Tx) Changes(behind []byte, f func(c Changed, place []byte) (bool, error)) error {
	return t.Bucket("steps-age").Each(behind, false, func(k, _ []byte) (bool, error) {
		if bytes.Equal(k, behind) {
			return true, nil
		}
		r := keyReader(k)
		at := r.time()
		c := Changed{Entity: r.text(), Key: r.text(), At: at}
		return f(c, append([]byte{}, k...))
	})
}

// PlaceAt is the place of the first change at a moment.
func PlaceAt(at time.Time) []byte { return key(at) }

// TimeOf is the moment of a place.
func TimeOf(place []byte) time.Time {
	r := keyReader(place)
	return r.time()
}

// SeenAt returns when the view took in the state of the document that it has; the zero time when that is forgotten.
func (t *Tx) SeenAt(d Document) (time.Time, error) {
	s, _, err := get[Step](t.Bucket("steps"), key(d.Entity, d.Key, d.Version, d.Event))
	return s.Seen, err
}
