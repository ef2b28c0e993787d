package native

import (
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// An event is one fact of this transaction. Its record is taken when the next state is entered, or at the end.
type event struct {
	doc     *Doc
	name    string
	version int64
	record  expr.Value // null: as the document is at the end
}

// mark notes that a step begins that enters a state (entered) or only changes fields. A document has one event per
// state entered; what else changes goes along with the last of them.
func (t *Tx) mark(d *Doc, name string, entered bool) {
	t.touch(d)
	d.put(fieldUpdatedAt, expr.TimeValue(t.Now()))
	d.put(fieldUpdatedBy, textOrNull(t.Actor()))
	if d.event >= 0 && (!entered || !d.entered) {
		if entered {
			t.events[d.event].name, d.entered = name, true
		}
		return
	}
	if d.event >= 0 {
		t.events[d.event].record = d.picture()
	}
	version := d.Version() + 1
	d.put(fieldVersion, expr.IntValue(version))
	d.event, d.entered = len(t.events), entered
	t.events = append(t.events, &event{doc: d, name: name, version: version})
}

// touch notes that a document is to be written.
func (t *Tx) touch(d *Doc) {
	if !d.dirty {
		d.dirty = true
		t.changed = append(t.changed, d)
	}
}

// picture is the document before the step that begins. Within another step of the same document that is what its rules
// have made of it so far.
func (d *Doc) picture() expr.Value {
	if d.busy > 0 || d.settled.IsNull() {
		return d.freeze()
	}
	return d.settled
}

func textOrNull(s string) expr.Value {
	if s == "" {
		return expr.Value{}
	}
	return expr.TextValue(s)
}

// encoded returns an event's record as canonical JSON.
func (e *event) encoded(final []byte) []byte {
	if e.record.IsNull() {
		return final
	}
	return canonical.Encode(e.doc.typ, e.record, canonical.Style{})
}
