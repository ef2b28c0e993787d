package store

import (
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
)

// Cursor returns how far a system has been read; nil before the first time.
func (t *Tx) Cursor(system string) (sihe.Cursor, error) {
	v, found, err := t.Bucket("cursors").Get(key(system))
	if !found {
		return nil, err
	}
	return sihe.Cursor(v), err
}

// SetCursor keeps how far a system has been read.
func (t *Tx) SetCursor(system string, c sihe.Cursor) error {
	return t.Bucket("cursors").Put(key(system), c)
}

// A Pause stops one street until somebody resumes it.
type Pause struct {
	Name  string    `json:"name"` // of a pipeline or a system
	Since time.Time `json:"since"`
	Who   string    `json:"who"`
	Why   string    `json:"why"`
	Brake *Trip     `json:"brake,omitempty"` // when nobody but the brake paused it
}

// SetPause keeps or, with a nil pause, removes the pause of a street.
func (t *Tx) SetPause(name string, p *Pause) error {
	if p == nil {
		return t.Bucket("pauses").Delete(key(name))
	}
	p.Since = t.now
	return put(t.Bucket("pauses"), key(name), p)
}

// Pauses returns what is paused.
func (t *Tx) Pauses() ([]Pause, error) {
	var all []Pause
	err := t.Bucket("pauses").Each(nil, false, func(_, v []byte) (bool, error) {
		var p Pause
		err := decode(v, &p)
		all = append(all, p)
		return true, err
	})
	return all, err
}

// A Check is the last result of a reconciliation.
type Check struct {
	Name string          `json:"name"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// SetCheck keeps the last result of a check.
func (t *Tx) SetCheck(c Check) error { return put(t.Bucket("checks"), key(c.Name), c) }

// Checks returns the last result of each check, by name.
func (t *Tx) Checks() ([]Check, error) {
	var all []Check
	err := t.Bucket("checks").Each(nil, false, func(_, v []byte) (bool, error) {
		var c Check
		err := decode(v, &c)
		all = append(all, c)
		return true, err
	})
	return all, err
}
