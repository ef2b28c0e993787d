// Package oa is what the native OA module says in Go: the approval engine. Who decides stands in process files
// (processes/*.yaml), what a request and a task hold in the entity files; the engine opens tasks, counts decisions and
// ends the request. Every decision is bound to the content hash of what was looked at: OA never holds a business value
// that it could change (suite 2.3 BR-04).
package oa

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// Rules returns the approval engine over the given processes.
func Rules(processes map[string]*Process) []native.Rule {
	e := engine{processes: processes}
	return []native.Rule{
		{Entity: "approval_request", On: "create", Do: e.start},
		{Entity: "approval_request", On: "approve", Do: e.tell},
		{Entity: "approval_request", On: "withdraw", Do: e.withdraw},
		{Entity: "approval_request", On: "read", Do: read},
		{Entity: "approval_task", On: "approve", Do: e.approve},
		{Entity: "approval_task", On: "reject", Do: e.refuse("reject", "rejected")},
		{Entity: "approval_task", On: "return", Do: e.refuse("return", "returned")},
		{Entity: "approval_task", On: "transfer", Do: transfer},
		{Entity: "task", On: "create", Do: assign},
	}
}

// engine runs the processes; it keeps nothing between transactions.
type engine struct{ processes map[string]*Process }

func (e engine) process(request *native.Doc) (*Process, error) {
	p, ok := e.processes[request.Text("process")]
	if !ok {
		return nil, sihe.Rejected(sihe.CodeProcessUnknown, "start approval of %s: no process %q", request.Text("subject_key"), request.Text("process"))
	}
	return p, nil
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
			record(tx, d, "auto", "", a.Name)
			end(tx, d, "approved", "rule:"+a.Name, "")
			return nil
		}
	}
	return e.advance(tx, d, p, 0)
}

// advance opens the next step from index i on whose condition holds; after the last one the request is approved.
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
func record(tx *native.Tx, d *native.Doc, action, actor, comment string) {
	d.AddRow("decisions", native.Fields{
		"step": d.Int("step"), "actor": actor, "action": action, "comment": comment,
		"hash_seen": d.Text("content_hash"), "at": tx.Now(),
	})
}

// tell notes who gets a copy once the request is approved.
func (e engine) tell(tx *native.Tx, d *native.Doc) error {
	p, err := e.process(d)
	if err != nil {
		return err
	}
	for _, position := range p.CC {
		people, err := holders(tx, position)
		if err != nil {
			return err
		}
		for _, who := range people {
			d.AddRow("cc", native.Fields{"employee": who})
		}
	}
	return nil
}

// read notes that the actor has read his copy.
func read(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("cc") {
		if r.Text("employee") == tx.Actor() {
			r.Set("read_at", tx.Now())
			return nil
		}
	}
	return sihe.Rejected(sihe.CodeNotYourTask, "read %s: %q has no copy of it", d.Key(), tx.Actor())
}

// assign gives a task without an assignee to the manager of the employee whom it concerns.
func assign(tx *native.Tx, d *native.Doc) error {
	if !d.IsNull("assignee") || d.IsNull("concerns") {
		return nil
	}
	who, err := tx.Must("employee", d.Text("concerns"))
	if err != nil {
		return err
	}
	if !who.IsNull("manager") {
		d.Set("assignee", who.Text("manager"))
	}
	return nil
}
