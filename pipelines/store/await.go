package store

import "strings"

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

// xrefModule marks a Ref that asks for a system's own key of a document.
const xrefModule = "xref:"

// XRefOf returns the Module of a Ref that waits until a system's own key of the document is known.
func XRefOf(system string) string { return xrefModule + system }

// Known says whether a module has the document: it stated it, or a delivery of it there was confirmed. For a Ref of
// [XRefOf] it says whether there is a link.
func (t *Tx) Known(r Ref) (bool, error) {
	if system, ok := strings.CutPrefix(r.Module, xrefModule); ok {
		_, found, err := t.Own(system, r.Entity, r.Key)
		return found, err
	}
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
	if !known && !strings.HasPrefix(r.Module, xrefModule) {
		if err := t.Bucket("known").Put(key(r.Module, r.Entity, r.Key), nil); err != nil {
			return nil, err
		}
	}
	parts, _, err := t.Release(r, 0, 0)
	return parts, err
}

// releaseAmong is of how many waiters a few are chosen.
const releaseAmong = 64

// Release makes those due that wait for r, at most so many (0: all), and returns their parts and how many there were. turn
// says where to begin among the first ones, so that not the same one is chosen each time.
func (t *Tx) Release(r Ref, most, turn int) (parts []Part, n int, err error) {
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
		return most == 0 || len(waiting) < max(most, releaseAmong), nil
	})
	if err != nil {
		return nil, 0, err
	}
	if most > 0 && len(waiting) > most {
		turn %= len(waiting)
		waiting = append(waiting[turn:], waiting[:turn]...)[:most]
	}
	for _, w := range waiting {
		if err := t.Bucket("await").Delete(key(r.Module, r.Entity, r.Key, w.Pipeline, w.Partition, w.subject)); err != nil {
			return nil, 0, err
		}
		woken, err := t.Wake(w.Part, w.subject)
		if err != nil {
			return nil, 0, err
		}
		if woken {
			parts = append(parts, w.Part)
		}
	}
	return parts, len(waiting), nil
}
