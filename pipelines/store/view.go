package store

import (
	"encoding/json"
	"time"
)

// A Document is the latest canonical state of one document as its owner stated it: a view of the canonical topics.
type Document struct {
	Entity  string          `json:"entity"`
	Key     string          `json:"key"`
	System  string          `json:"system"` // that stated it
	Event   string          `json:"event"`
	Name    string          `json:"name"`
	State   string          `json:"state,omitempty"`
	Version int64           `json:"version"`
	Time    time.Time       `json:"time"`
	Chain   string          `json:"correlation_id,omitempty"`
	Hops    int             `json:"hops,omitempty"`
	Offset  int64           `json:"offset"`
	Data    json.RawMessage `json:"data"`
}

// Document returns the latest state of a document.
func (t *Tx) Document(entity, k string) (Document, bool, error) {
	return get[Document](t.Bucket("view", entity), key(k))
}

// Observe takes over a newer state of a document; false when the one that is there is as new. Events of one version
// are told apart by their place on the bus.
func (t *Tx) Observe(d Document) (bool, error) {
	old, found, err := t.Document(d.Entity, d.Key)
	if err != nil {
		return false, err
	}
	if found && (old.Event == d.Event || d.Version < old.Version || (d.Version == old.Version && d.Offset < old.Offset)) {
		return false, nil
	}
	if err := t.name(d.Key, d.Entity, d.Key); err != nil {
		return false, err
	}
	return true, put(t.Bucket("view", d.Entity), key(d.Key), &d)
}

// Documents calls f for the documents of an entity from a key on, sorted by key, until f returns false.
func (t *Tx) Documents(entity, from string, f func(Document) (bool, error)) error {
	var start []byte
	if from != "" {
		start = key(from)
	}
	return t.Bucket("view", entity).Each(start, false, func(_, v []byte) (bool, error) {
		var d Document
		if err := decode(v, &d); err != nil {
			return false, err
		}
		return f(d)
	})
}

// Entities lists the entities of which a document is known.
func (t *Tx) Entities() []string { return t.Bucket("view").Buckets() }

// WriteBack returns the values that other modules last had written into a document, as one JSON object.
func (t *Tx) WriteBack(entity, k string) (json.RawMessage, error) {
	v, _, err := t.Bucket("written").Get(key(entity, k))
	return v, err
}

// SetWriteBack replaces those values.
func (t *Tx) SetWriteBack(entity, k string, values json.RawMessage) error {
	return t.Bucket("written").Put(key(entity, k), values)
}

// CountDocuments returns how many documents of an entity are known.
func (t *Tx) CountDocuments(entity string) (n int, err error) {
	err = t.Bucket("view", entity).Each(nil, false, func(_, _ []byte) (bool, error) { n++; return true, nil })
	return n, err
}
