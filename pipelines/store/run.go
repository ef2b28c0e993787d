package store

import (
	"encoding/json"
	"time"

	"github.com/sihehub/sihe"
)

// A Run is what is remembered of something that the hub does again and again: a poll, a job, a check.
type Run struct {
	Name    string          `json:"name"`
	Due     time.Time       `json:"due,omitzero"`     // the last time of its schedule that is dealt with
	Began   time.Time       `json:"began,omitzero"`   // the last run
	Ended   time.Time       `json:"ended,omitzero"`   // zero while it runs, and after a crash in it
	Success time.Time       `json:"success,omitzero"` // the last end without an error
	Code    sihe.Code       `json:"code,omitempty"`   // of the last end
	Missed  int             `json:"missed,omitempty"` // times that the hub found itself too late
	Habit   json.RawMessage `json:"habit,omitempty"`  // of a source: when it usually brings something
}

// Run returns what is remembered under a name; the zero Run when it is new.
func (t *Tx) Run(name string) (Run, error) {
	r, _, err := get[Run](t.Bucket("runs"), key(name))
	r.Name = name
	return r, err
}

// SetRun keeps it.
func (t *Tx) SetRun(r Run) error { return put(t.Bucket("runs"), key(r.Name), r) }

// Runs returns all of them by name.
func (t *Tx) Runs() ([]Run, error) {
	var all []Run
	err := t.Bucket("runs").Each(nil, false, func(_, v []byte) (bool, error) {
		var r Run
		err := decode(v, &r)
		all = append(all, r)
		return true, err
	})
	return all, err
}
