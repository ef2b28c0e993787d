package store

import (
	"time"

	"github.com/sihehub/sihe"
)

// Digest is what is known of the last write to a document of a system.
type Digest struct {
	Value string `json:"value,omitempty"` // of the last write, when nothing else may have come after it
	Open  int    `json:"open,omitempty"`  // writes begun whose outcome is not known yet
	Mixed bool   `json:"mixed,omitempty"` // two of them were open at once: their order there is not known
	Cause string `json:"cause,omitempty"` // the event whose write gave Value
}

// Digest returns the last write to a document.
func (t *Tx) Digest(g Target) (Digest, error) {
	d, _, err := get[Digest](t.Bucket("digests"), digestKey(g))
	return d, err
}

// BeginWrite notes that a write to the document is under way: until it ends no write is called an echo of the last one.
//
// A document that has no key yet cannot have an echo.
func (t *Tx) BeginWrite(g Target) error {
	if g.Key == "" {
		return nil
	}
	d, err := t.Digest(g)
	if err != nil {
		return err
	}
	d.Value, d.Mixed = "", d.Mixed || d.Open > 0
	d.Open++
	return put(t.Bucket("digests"), digestKey(g), d)
}

// EndWrite notes the end of a write that cause, an event's id, led to; digest is empty when it changed nothing.
func (t *Tx) EndWrite(g Target, digest, cause string) error {
	if g.Key == "" {
		return nil
	}
	d, err := t.Digest(g)
	if err != nil {
		return err
	}
	if d.Open--; d.Open < 0 {
		return sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "end a write to %s %s in %s: none was begun", g.Entity, g.Key, g.System))
	}
	if d.Open == 0 && !d.Mixed {
		d.Value, d.Cause = digest, cause
	}
	if d.Open == 0 {
		d.Mixed = false
	}
	return put(t.Bucket("digests"), digestKey(g), d)
}

// Touched notes that a document changed in a system because of cause. Unless that is the last write itself, the next
// write is no echo: somebody else has been there.
func (t *Tx) Touched(g Target, cause string) error {
	d, err := t.Digest(g)
	if err != nil || d.Value == "" || d.Cause == cause {
		return err
	}
	d.Value, d.Cause = "", ""
	return put(t.Bucket("digests"), digestKey(g), d)
}

// A LastWrite is what the hub last wrote to a document of a system, for systems that do not carry back what caused a
// change.
type LastWrite struct {
	Event   string    `json:"event"`
	Chain   string    `json:"correlation_id,omitempty"`
	Hops    int       `json:"hops"`
	Version int64     `json:"version,omitempty"`
	Write   string    `json:"write"`
	At      time.Time `json:"at"`
}

// SetLastWrite replaces it.
func (t *Tx) SetLastWrite(g Target, w LastWrite) error {
	w.At = t.now
	return put(t.Bucket("last-writes"), digestKey(g), w)
}

// LastWrite returns it; false when the hub never wrote there.
func (t *Tx) LastWrite(g Target) (LastWrite, bool, error) {
	return get[LastWrite](t.Bucket("last-writes"), digestKey(g))
}

func digestKey(g Target) []byte { return key(g.System, g.Entity, g.Key) }
