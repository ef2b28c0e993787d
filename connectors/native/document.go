package native

import (
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// A Doc is one document within one transaction. Getters never fail: what is null or unknown reads as zero. It must not
// be used after its transaction has ended.
type Doc struct {
	node
	kind    *kind
	key     string
	next    string     // state after the action under way
	loaded  expr.Value // as it is in the file, null when it is new
	settled expr.Value // as it was before this step, null when the step makes it
	busy    int        // steps under way
	dirty   bool       // to be written at the end
	event   int        // index of its last event in this transaction; −1: none
	entered bool       // the last event is a state that was entered
	touched bool       // set since the last step
	stale   bool       // set since the formulas were computed
	frozen  bool       // a picture of the past, or a copy
	autos   int        // automatic actions taken
	final   expr.Value // as it will be kept
	err     error      // the first wrong Set
	invalid error      // what its definition says against it
}

// Entity returns the entity's name without the module.
func (d *Doc) Entity() string { return d.kind.name }

// Key returns the document's number.
func (d *Doc) Key() string { return d.key }

// State returns the state, "" where the entity has none. Within a rule of an action it is still the old one.
func (d *Doc) State() string { return d.Text(fieldState) }

// Next returns the state after the action under way; without one it is State.
func (d *Doc) Next() string {
	if d.next != "" {
		return d.next
	}
	return d.State()
}

// Version returns how often the document has changed, counted from 1; of a copy, the owner's version.
func (d *Doc) Version() int64 { return d.Int(fieldVersion) }

// Was returns the document as it was before this step, nil when the step makes it. It cannot be changed.
func (d *Doc) Was() *Doc {
	if d.settled.IsNull() {
		return nil
	}
	w := &Doc{kind: d.kind, key: d.key, settled: d.settled, frozen: true, event: -1}
	w.node = thawed(w, "", d.typ, d.settled)
	return w
}

// Eval computes an expression over the document; its scope's source must be the entity's type.
func (d *Doc) Eval(p *expr.Program, tx *Tx) (expr.Value, error) {
	return p.Eval(&expr.Frame{Source: d.freeze(), World: tx})
}

// MarshalJSON writes the canonical record, decimals as texts.
func (d *Doc) MarshalJSON() ([]byte, error) {
	return canonical.Encode(d.typ, d.freeze(), canonical.Style{}), nil
}

func (d *Doc) name() string { return d.kind.name + " " + d.key }
