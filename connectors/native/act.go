package native

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
)

// Act takes an action on a document. Only the fields that the action names under `with` may be set by f, in the first
// state all. A guard that does not hold is Rejected(CodeGuard) and leaves the document as it was.
func (t *Tx) Act(d *Doc, action string, f Fields) error {
	if err := t.mine(d); err != nil {
		return t.refuse(err)
	}
	a, err := d.action(action)
	if err != nil {
		return err
	}
	return t.act(d, a, sortedNames(f), func() { d.setAll(f) })
}

// action finds an action in the document's state.
func (d *Doc) action(name string) (*canonical.Action, error) {
	if a, ok := d.kind.entity.Action(d.State(), name); ok {
		return a, nil
	}
	if !slices.Contains(d.kind.entity.ActionNames(), name) {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeActionUnknown, "%s %s: the entity has no such action", name, d.name()))
	}
	return nil, sihe.Rejected(sihe.CodeNotInState, "%s %s: it is %s", name, d.name(), d.State())
}

// act sets the fields, asks the guard, and only then begins the step.
func (t *Tx) act(d *Doc, a *canonical.Action, fields []string, set func()) error {
	if d.next != "" {
		return t.refuse(sihe.Permanent(sihe.Errorf(sihe.CodeRuleMisuse, "%s %s: another action of it is under way", a.Name, d.name())))
	}
	first, _ := d.kind.entity.Initial()
	for _, name := range fields {
		if !slices.Contains(a.With, name) && (d.State() != first.Name || name == d.kind.entity.Key) {
			return sihe.Rejected(sihe.CodeFieldNotWritable, "%s %s: the action does not set %s", a.Name, d.name(), name).At(name)
		}
	}
	before := d.freeze()
	set()
	t.compute(d)
	if d.err != nil {
		return t.refuse(d.err)
	}
	held, err := d.holds(t, a)
	if err != nil {
		return t.refuse(err)
	}
	if !held {
		d.restore(before)
		return refusedBy(d, a)
	}
	return t.refuseIf(t.perform(d, a))
}

// perform takes an action whose guard holds.
func (t *Tx) perform(d *Doc, a *canonical.Action) error {
	defer t.leave()
	if err := t.enter(d); err != nil {
		return err
	}
	t.mark(d, a.To, true)
	d.next = a.To
	d.busy++
	before := d.invalid
	if err := t.rules(d, a.Name); err != nil {
		if before != nil {
			return before
		}
		return err
	}
	d.next = ""
	d.put(fieldState, expr.TextValue(a.To))
	t.settle(d)
	d.busy--
	if d.err != nil {
		return d.err
	}
	return t.automatic(d)
}

// automatic takes the first automatic action whose guard holds, until none does. Within a step of the same document it
// waits for that step's end.
func (t *Tx) automatic(d *Doc) error {
	if d.busy > 0 || d.kind.state < 0 || d.kind.copied {
		return nil
	}
	for _, a := range d.kind.entity.Actions(d.State()) {
		if !a.Auto {
			continue
		}
		held, err := d.holds(t, a)
		if err != nil {
			return err
		}
		if !held {
			continue
		}
		if d.autos++; d.autos > maxAuto {
			return sihe.Permanent(sihe.Errorf(sihe.CodeRuleLoop, "change %s: more than %d automatic actions, the last is %s", d.name(), maxAuto, a.Name))
		}
		return t.perform(d, a) // which comes back here
	}
	return nil
}
