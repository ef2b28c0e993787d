package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// Stated is what was last published about a document of a system that keeps no canonical records itself.
type Stated struct {
	Own     int64     `json:"own"`     // the system's version, where it keeps one
	Version int64     `json:"version"` // of the event
	Digest  string    `json:"digest"`  // of the fields that the system owns
	State   string    `json:"state,omitempty"`
	Created time.Time `json:"created"`
}

// Stated returns it; the zero value when nothing was.
func (t *Tx) Stated(entity, k string) (Stated, error) {
	s, _, err := get[Stated](t.Bucket("stated"), key(entity, k))
	return s, err
}

// SetStated replaces it.
func (t *Tx) SetStated(entity, k string, s Stated) error {
	return put(t.Bucket("stated"), key(entity, k), s)
}

// A Drift is a field in which a system shows something else than the field's owner had written there.
type Drift struct {
	System  string    `json:"system"`
	Entity  string    `json:"entity"`
	Key     string    `json:"key"`
	Field   string    `json:"field"`
	Owner   string    `json:"owner"`
	Shown   string    `json:"shown"`   // JSON
	Written string    `json:"written"` // JSON; empty when the owner never wrote
	Since   time.Time `json:"since"`
}

// SetDrift replaces what is known about the drift of one document; new differences are told in the feed and counted.
func (t *Tx) SetDrift(system, entity, k string, drifts []Drift) error {
	b := t.Bucket("drift")
	before := map[string]Drift{}
	var gone [][]byte
	err := b.EachPrefix(key(system, entity, k), func(at, v []byte) (bool, error) {
		var d Drift
		err := decode(v, &d)
		before[d.Field] = d
		gone = append(gone, append([]byte{}, at...))
		return true, err
	})
	if err != nil {
		return err
	}
	for _, at := range gone {
		if err := b.Delete(at); err != nil {
			return err
		}
	}
	for _, d := range drifts {
		d.Since = t.now
		if old, known := before[d.Field]; known && old.Shown == d.Shown && old.Written == d.Written {
			d.Since = old.Since
		} else if err := t.tellDrift(d); err != nil {
			return err
		}
		if err := put(b, key(system, entity, k, d.Field), d); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) tellDrift(d Drift) error {
	n, _, err := get[int64](t.Bucket("drift-count"), key(d.System, d.Entity))
	if err != nil {
		return err
	}
	if err := put(t.Bucket("drift-count"), key(d.System, d.Entity), n+1); err != nil {
		return err
	}
	return t.Tell(Activity{
		Kind: KindDrift, Entity: d.Entity, Key: d.Key, System: d.System,
		Why: Why{Code: sihe.CodeDrift, Path: d.Field, Text: "shows " + d.Shown + ", " + d.Owner + " wrote " + d.Written},
	})
}

// Drifts calls f for every difference that stands, by system, until f returns false.
func (t *Tx) Drifts(f func(Drift) (bool, error)) error {
	return t.Bucket("drift").Each(nil, false, func(_, v []byte) (bool, error) {
		var d Drift
		if err := decode(v, &d); err != nil {
			return false, err
		}
		return f(d)
	})
}

// DriftCount returns how many differences were ever noticed, by system.
func (t *Tx) DriftCount() (map[string]int64, error) {
	all := map[string]int64{}
	err := t.Bucket("drift-count").Each(nil, false, func(k, v []byte) (bool, error) {
		r := keyReader(k)
		var n int64
		err := decode(v, &n)
		all[r.text()] += n
		return true, err
	})
	return all, err
}
