package native

import "github.com/sihehub/sihe/canonical/expr"

// join gives a new document its correlation: its own for master data; the pipeline's for the document that a pipeline
// asks for; that of the document which the chain field names; that of this transaction; else the document starts a chain.
func (t *Tx) join(d *Doc) error {
	if d.kind.entity.Master {
		d.put(fieldCorrelation, expr.TextValue(d.key))
		return nil
	}
	root := len(t.events) == 0
	chain := ""
	if root && t.call.pipeline {
		chain = t.call.correlation
	}
	if chain == "" {
		var err error
		if chain, err = t.chainOf(d); err != nil {
			return err
		}
	}
	if chain == "" {
		chain = t.call.correlation
	}
	if chain == "" {
		chain = d.key
	}
	if t.call.correlation == "" {
		t.call.correlation = chain
	}
	d.put(fieldCorrelation, expr.TextValue(chain))
	return nil
}

// chainOf returns the correlation of the document that the chain field names; "" where there is none.
func (t *Tx) chainOf(d *Doc) (string, error) {
	if d.kind.chain < 0 || d.kind.chainTo == "" {
		return "", nil
	}
	to, ok, err := t.Get(d.kind.chainTo, d.get(d.kind.chain).Text())
	if err != nil || !ok {
		return "", err
	}
	return to.Text(fieldCorrelation), nil
}

// follow lets an existing document say the chain of a transaction that nobody else has said yet.
func (t *Tx) follow(d *Doc) {
	if t.call.correlation == "" && !d.kind.entity.Master {
		t.call.correlation = d.Text(fieldCorrelation)
	}
}
