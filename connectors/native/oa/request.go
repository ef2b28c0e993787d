package oa

import (
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// engine runs the processes; it keeps nothing between transactions.
type engine struct{ processes map[string]*Process }

func (e engine) process(request *native.Doc) (*Process, error) {
	p, ok := e.processes[request.Text("process")]
	if !ok {
		return nil, sihe.Rejected(sihe.CodeProcessUnknown, "start approval of %s: no process %q", request.Text("subject_key"), request.Text("process")).At("process")
	}
	return p, nil
}

// ask lets the module of a document ask for its approval, and nobody else. What only the engine says is not taken over.
func ask(tx *native.Tx, d *native.Doc) error {
	if tx.FromAPI() {
		return sihe.Rejected(sihe.CodeProjection, "ask for approval of %s: submit the document in its own module", d.Text("subject_key"))
	}
	if err := ofOwner(tx, d, "ask for approval of"); err != nil {
		return err
	}
	for _, field := range []string{"rule", "comment", "decided_by", "decided_at", "cc", "decisions"} {
		d.Set(field, nil)
	}
	d.Set("step", 0)
	d.Set("outcome", "none")
	return nil
}

// ofOwner refuses a pipeline of another module than the document's.
func ofOwner(tx *native.Tx, d *native.Doc, doing string) error {
	owner, _, _ := strings.Cut(d.Text("subject_entity"), ".")
	writer, ok := strings.CutPrefix(tx.Actor(), "pipeline:")
	if !ok || writer == "" || writer == owner {
		return nil
	}
	return sihe.Rejected(sihe.CodeBoundary, "%s %s: it belongs to %s, not to %s", doing, d.Text("subject_key"), owner, writer).At("subject_entity")
}

// start decides by rule or opens the first step that applies.
func (e engine) start(tx *native.Tx, d *native.Doc) error {
	p, err := e.process(d)
	if err != nil {
		return err
	}
	for _, a := range p.Auto {
		yes, err := holds(a.When, d, tx)
		if err != nil {
			return err
		}
		if yes {
			d.Set("rule", a.Name)
			record(tx, d, native.Fields{"actor": "rule:" + a.Name, "action": "auto"})
			end(tx, d, "approved", "rule:"+a.Name, "")
			return nil
		}
	}
	return e.advance(tx, d, p, 0)
}

// advance opens the next step from index i on whose condition holds; after the last one the request is approved. A
// request that no step is for is refused: nobody would have looked at it.
func (e engine) advance(tx *native.Tx, d *native.Doc, p *Process, i int) error {
	for ; i < len(p.Steps); i++ {
		step := p.Steps[i]
		if step.When != nil {
			yes, err := holds(step.When, d, tx)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
		}
		d.Set("step", i+1)
		return openStep(tx, d, step, i+1)
	}
	if d.Int("step") == 0 {
		return sihe.Rejected(sihe.CodeNoApprover, "start approval of %s: no step of process %s is for it", d.Text("subject_key"), p.Name)
	}
	end(tx, d, "approved", tx.Actor(), d.Text("comment"))
	return nil
}

// holds evaluates a condition over the request.
func holds(p *expr.Program, d *native.Doc, tx *native.Tx) (bool, error) {
	v, err := d.Eval(p, tx)
	if err != nil {
		return false, err
	}
	return v.Bool(), nil
}

// end sets the outcome; the entity's automatic actions follow from it.
func end(tx *native.Tx, d *native.Doc, outcome, by, comment string) {
	d.Set("outcome", outcome)
	d.Set("decided_by", by)
	d.Set("decided_at", tx.Now())
	if comment != "" {
		d.Set("comment", comment)
	}
}

// record appends one decision with the hash that was looked at.
func record(tx *native.Tx, d *native.Doc, f native.Fields) {
	f["step"], f["hash_seen"], f["at"] = d.Int("step"), d.Text("content_hash"), tx.Now()
	d.AddRow("decisions", f)
}

// withdraw is the initiator's: he may take the question back as long as nobody has answered it.
func withdraw(tx *native.Tx, d *native.Doc) error {
	switch {
	case tx.Actor() == "":
		return sihe.Rejected(sihe.CodeApproverUnknown, "withdraw %s: nobody is named as the actor", d.Key())
	case tx.Actor() != d.Text("initiator"):
		return sihe.Rejected(sihe.CodeNotYourTask, "withdraw %s: it is %s's, not %s's", d.Key(), d.Text("initiator"), tx.Actor())
	}
	for _, r := range d.Rows("decisions") {
		if a := r.Text("action"); a != "transfer" {
			return sihe.Rejected(sihe.CodeApprovalBegun, "withdraw %s: %s has decided (%s)", d.Key(), r.Text("actor"), a)
		}
	}
	return closeUndecided(tx, d, "withdraw")
}

// recall is the module's whose document it is: the content has changed or is given up.
func recall(tx *native.Tx, d *native.Doc) error {
	if tx.FromAPI() {
		return sihe.Rejected(sihe.CodeProjection, "recall %s: change or cancel %s in its own module", d.Key(), d.Text("subject_key"))
	}
	if err := ofOwner(tx, d, "recall the approval of"); err != nil {
		return err
	}
	return closeUndecided(tx, d, "recall")
}

// closeUndecided ends a request without an answer and cancels what is still open.
func closeUndecided(tx *native.Tx, d *native.Doc, action string) error {
	open, err := pending(tx, d.Key(), "")
	if err != nil {
		return err
	}
	record(tx, d, native.Fields{"actor": tx.Actor(), "action": action, "comment": d.Text("comment")})
	d.Set("decided_by", tx.Actor())
	d.Set("decided_at", tx.Now())
	return cancel(tx, open)
}
