package store

import "github.com/sihehub/sihe"

// Await lets the delivery wait until a document is known (EIP Resequencer on a prerequisite). The delivery must be put
// by the same transaction afterwards.
func (t *Tx) Await(d *Delivery, r Ref) error {
	if d.Awaits != nil {
		if err := t.forget(d); err != nil {
			return err
		}
	}
	d.Awaits = &r
	return t.Bucket("await").Put(awaitKey(d), nil)
}

func (t *Tx) forget(d *Delivery) error {
	k := awaitKey(d)
	d.Awaits = nil
	return t.Bucket("await").Delete(k)
}

func awaitKey(d *Delivery) []byte {
	return key(d.Awaits.Module, d.Awaits.Entity, d.Awaits.Key, d.Pipeline, d.Partition, d.Subject)
}

// Known says whether a module has the document: it stated it, or a delivery of it there was confirmed.
func (t *Tx) Known(r Ref) (bool, error) {
	_, found, err := t.Bucket("known").Get(key(r.Module, r.Entity, r.Key))
	return found, err
}

// Learn notes that a module has the document and makes those due that waited for it. It returns their parts, so that
// whoever works on them can be told once the transaction is kept.
func (t *Tx) Learn(r Ref) ([]Part, error) {
	known, err := t.Known(r)
	if err != nil {
		return nil, err
	}
	if !known {
		if err := t.Bucket("known").Put(key(r.Module, r.Entity, r.Key), nil); err != nil {
			return nil, err
		}
	}
	type waiter struct {
		Part
		subject string
	}
	var waiting []waiter
	err = t.Bucket("await").EachPrefix(key(r.Module, r.Entity, r.Key), func(k, _ []byte) (bool, error) {
		rest := keyReader(k)
		_, _, _ = rest.text(), rest.text(), rest.text()
		w := waiter{Part: Part{Pipeline: rest.text(), Partition: int(rest.number())}, subject: rest.text()} //nolint:gosec // was an int
		waiting = append(waiting, w)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, w := range waiting {
		if err := t.Bucket("await").Delete(key(r.Module, r.Entity, r.Key, w.Pipeline, w.Partition, w.subject)); err != nil {
			return nil, err
		}
		woken, err := t.Wake(w.Part, w.subject)
		if err != nil {
			return nil, err
		}
		if woken {
			parts = append(parts, w.Part)
		}
	}
	return parts, nil
}

// Digest is what is known of the last write to a document of a system.
type Digest struct {
	Value string `json:"value,omitempty"` // of the last write, when nothing else may have come after it
	Open  int    `json:"open,omitempty"`  // writes begun whose outcome is not known yet
	Mixed bool   `json:"mixed,omitempty"` // two of them were open at once: their order there is not known
}

// Digest returns the last write to a document.
func (t *Tx) Digest(g Target) (Digest, error) {
	d, _, err := get[Digest](t.Bucket("digests"), digestKey(g))
	return d, err
}

// BeginWrite notes that a write to the document is under way: until it ends no write is called an echo of the last one.
func (t *Tx) BeginWrite(g Target) error {
	d, err := t.Digest(g)
	if err != nil {
		return err
	}
	d.Value, d.Mixed = "", d.Mixed || d.Open > 0
	d.Open++
	return put(t.Bucket("digests"), digestKey(g), d)
}

// EndWrite notes the end of a write; digest is empty when it changed nothing.
func (t *Tx) EndWrite(g Target, digest string) error {
	d, err := t.Digest(g)
	if err != nil {
		return err
	}
	if d.Open--; d.Open < 0 {
		return sihe.Permanent(sihe.Errorf(sihe.CodeStateOrder, "end a write to %s %s in %s: none was begun", g.Entity, g.Key, g.System))
	}
	if d.Open == 0 && !d.Mixed {
		d.Value = digest
	}
	if d.Open == 0 {
		d.Mixed = false
	}
	return put(t.Bucket("digests"), digestKey(g), d)
}

func digestKey(g Target) []byte { return key(g.System, g.Entity, g.Key) }
