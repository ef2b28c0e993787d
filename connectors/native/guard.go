package native

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// holds asks an action's guard.
func (d *Doc) holds(t *Tx, a *canonical.Action) (bool, error) {
	if a.When == nil {
		return true, nil
	}
	v, err := d.Eval(a.When, t)
	return v.Bool(), err
}

// A why says in both languages why something is refused; the API shows it to people.
type why struct{ label canonical.Label }

func (w *why) Error() string { return w.label.En }

// refusedBy is the error of a guard that does not hold, in the words of the definition.
func refusedBy(d *Doc, a *canonical.Action) error {
	label := a.Why
	if label.Empty() {
		label = canonical.Label{En: a.When.String(), Zh: a.When.String()}
	}
	return sihe.Rejected(sihe.CodeGuard, "%s %s: %w", a.Name, d.name(), &why{label})
}

// put sets a field that only the kit writes.
func (d *Doc) put(field string, v expr.Value) {
	if i, ok := d.typ.Slot(field); ok {
		d.slots[i] = v
		d.stale = d.stale || d.kind.volatile[field]
	}
}

// restore takes a document back to an earlier picture.
func (d *Doc) restore(v expr.Value) {
	d.refresh(v)
	d.err, d.stale = nil, true
}
