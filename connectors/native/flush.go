package native

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
)

// flush writes everything that the transaction has changed, after the last rule has run: what is refused until here has
// written nothing.
func (t *Tx) flush() error {
	if t.failed != nil {
		return t.failed
	}
	if err := t.complete(); err != nil {
		return err
	}
	records := make(map[*Doc][]byte, len(t.changed))
	for _, d := range t.changed {
		records[d] = canonical.Encode(d.typ, d.final, canonical.Style{})
	}
	if err := t.putEvents(records); err != nil {
		return err
	}
	for _, d := range t.changed {
		if err := t.releaseUnique(d); err != nil {
			return err
		}
	}
	for _, d := range t.changed {
		if err := t.putDoc(d, records[d]); err != nil {
			return err
		}
	}
	for _, name := range sortedNames(t.counters) {
		n := binary.BigEndian.AppendUint64(nil, uint64(t.counters[name])) //nolint:gosec // counts up from 1
		if err := t.d.Bucket(bucketCounter).Put([]byte(name), n); err != nil {
			return err
		}
	}
	if t.answer == nil {
		return nil
	}
	return t.answer()
}

// complete checks every changed document against its definition, and that nobody has set something and forgotten it.
func (t *Tx) complete() error {
	for _, d := range t.changed {
		switch {
		case d.err != nil:
			return d.err
		case d.invalid != nil:
			return named(d, d.invalid)
		}
		d.final = d.freeze()
		if err := t.checkReferences(d); err != nil {
			return err
		}
	}
	if err := t.checkUnique(); err != nil {
		return err
	}
	for _, d := range t.docs {
		if d.touched && !d.freeze().Equal(d.settled) {
			return sihe.Permanent(sihe.Errorf(sihe.CodeRuleMisuse, "keep %s: it was changed and not saved", d.name()))
		}
	}
	return nil
}

// named says in an error which document it is about.
func named(d *Doc, err error) error {
	var own *sihe.Error
	if !errors.As(err, &own) {
		return fmt.Errorf("keep %s: %w", d.name(), err)
	}
	c := *own
	c.Text = "keep " + d.name() + ": " + own.Text
	return &c
}

func (t *Tx) putDoc(d *Doc, record []byte) error {
	if err := t.d.Bucket(bucketDoc, d.kind.name).Put([]byte(d.key), record); err != nil {
		return err
	}
	if err := t.indexDoc(d, true); err != nil {
		return err
	}
	return t.claimUnique(d)
}

// checkReferences refuses a document whose references to documents of this module lead nowhere. References that did not
// change were checked before.
func (t *Tx) checkReferences(d *Doc) error {
	for _, r := range d.kind.refs {
		was := map[string]bool{"": true}
		for _, key := range textsAt(d.typ, d.loaded, r.path) {
			was[key] = true
		}
		for _, key := range textsAt(d.typ, d.final, r.path) {
			if was[key] {
				continue
			}
			was[key] = true
			there, err := t.exists(t.m.kinds[r.to], key)
			if err != nil {
				return err
			}
			if !there {
				return sihe.Rejected(sihe.CodeReferenceUnknown, "keep %s: there is no %s %q", d.name(), r.to, key).At(r.path)
			}
		}
	}
	return nil
}
