package native

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// Create makes a document, numbers it, runs its rules and its automatic actions. The key may be given where the entity's
// fields say it.
func (t *Tx) Create(entity string, f Fields) (*Doc, error) {
	k, err := t.own(entity)
	if err != nil {
		return nil, t.refuse(err)
	}
	d := newDoc(k)
	d.setAll(f)
	return d, t.refuseIf(t.create(d))
}

func newDoc(k *kind) *Doc {
	d := &Doc{kind: k, event: -1, stale: true}
	d.node = thawed(d, "", k.entity.Type, expr.Value{})
	return d
}

func (t *Tx) create(d *Doc) error {
	defer t.leave()
	if err := t.enter(d); err != nil {
		return err
	}
	name := "created"
	if first, ok := d.kind.entity.Initial(); ok {
		name = first.Name
		d.put(fieldState, expr.TextValue(first.Name))
	}
	d.put(fieldCreatedAt, expr.TimeValue(t.Now()))
	t.compute(d)
	if d.err != nil {
		return d.err
	}
	if err := t.number(d); err != nil {
		return err
	}
	if err := t.join(d); err != nil {
		return err
	}
	t.docs[docID{d.kind.name, d.key}] = d
	t.mark(d, name, true)
	return t.run(d, OnCreate)
}

// run lets the rules of a step have their say, completes the step, and takes the automatic actions that follow.
func (t *Tx) run(d *Doc, on string) error {
	d.busy++
	before := d.invalid
	if err := t.rules(d, on); err != nil {
		if before != nil {
			return before // what the definition says against the input explains more than a rule that stumbled over it
		}
		return err
	}
	t.settle(d)
	d.busy--
	if d.err != nil {
		return d.err
	}
	return t.automatic(d)
}

func (t *Tx) rules(d *Doc, on string) error {
	for _, r := range d.kind.rules {
		if r.On != on && (r.On != d.kind.anyStep || on == OnCopy) {
			continue
		}
		t.compute(d)
		if d.err != nil {
			return d.err
		}
		if err := r.Do(t, d); err != nil {
			return err
		}
		if t.failed != nil {
			return t.failed
		}
	}
	return nil
}

// settle ends a step: formulas over what the rules have set, and the picture that the next step starts from.
func (t *Tx) settle(d *Doc) {
	if !d.kind.copied {
		t.compute(d)
	}
	d.settled = d.freeze()
	d.touched = false
}

// compute fills defaults and formulas and remembers what the definition says against the document; rules may still
// heal that before the end of the transaction.
func (t *Tx) compute(d *Doc) {
	if !d.stale {
		return
	}
	d.stale = false
	v, err := d.kind.entity.Compute(d.freeze(), t)
	d.invalid = err
	if !v.IsNull() {
		d.refresh(v)
	}
}

// Save keeps what was set on a document: formulas, rules about a change, automatic actions. It does nothing when nothing
// has changed. A document whose own step is under way is kept with that step.
func (t *Tx) Save(d *Doc) error { return t.refuseIf(t.save(d, plainChange)) }

// plainChange is the step that only rules about any change follow.
const plainChange = ""

func (t *Tx) save(d *Doc, on string) error {
	if err := t.mine(d); err != nil || d.busy > 0 {
		return err
	}
	defer t.leave()
	if err := t.enter(d); err != nil {
		return err
	}
	t.compute(d)
	if d.freeze().Equal(d.settled) {
		d.touched = false
		return nil
	}
	t.mark(d, "updated", false)
	return t.run(d, on)
}

// mine refuses what this transaction cannot change.
func (t *Tx) mine(d *Doc) error {
	switch {
	case d == nil:
		return sihe.Permanent(sihe.Errorf(sihe.CodeRuleMisuse, "change nothing: the document is nil"))
	case d.err != nil:
		return d.err
	case t.docs[docID{d.kind.name, d.key}] != d:
		return sihe.Permanent(sihe.Errorf(sihe.CodeRuleMisuse, "change %s: it is not of this transaction", d.name()))
	}
	_, err := t.own(d.kind.name)
	return err
}

func (t *Tx) refuseIf(err error) error {
	if err != nil {
		return t.refuse(err)
	}
	return nil
}
