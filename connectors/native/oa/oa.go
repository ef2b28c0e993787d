// Package oa is what the native OA module says in Go: the approval engine. Who decides stands in process files
// (processes/*.yaml), what a request and a task hold in the entity files; the engine opens tasks, counts decisions and
// ends the request. Every decision is bound to the content hash of what was looked at: OA never holds a business value
// that it could change (suite 2.3 BR-04).
//
// # Who may do what
//
// The module of a document asks for its approval and recalls it; nobody else does, and no person makes a request, a task
// or an outcome by hand. People act on tasks that are theirs: approve, reject, return, transfer. The initiator may
// withdraw a request until the first of them has decided.
package oa

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Rules returns the approval engine over the given processes.
func Rules(processes map[string]*Process) []native.Rule {
	e := engine{processes: processes}
	return []native.Rule{
		{Entity: "approval_request", On: "create", Do: ask},
		{Entity: "approval_request", On: "start", Do: e.start},
		{Entity: "approval_request", On: "approve", Do: e.tell},
		{Entity: "approval_request", On: "withdraw", Do: withdraw},
		{Entity: "approval_request", On: "recall", Do: recall},
		{Entity: "approval_request", On: "read", Do: read},
		{Entity: "approval_task", On: "create", Do: byEngine},
		{Entity: "approval_task", On: "approve", Do: e.approve},
		{Entity: "approval_task", On: "reject", Do: refuse("reject", "rejected")},
		{Entity: "approval_task", On: "return", Do: refuse("return", "returned")},
		{Entity: "approval_task", On: "transfer", Do: transfer},
		{Entity: "approval_task", On: "cancel", Do: byEngine},
		{Entity: "task", On: "create", Do: assign},
	}
}

// byEngine refuses from outside what only the engine does.
func byEngine(tx *native.Tx, d *native.Doc) error {
	if tx.Nested() {
		return nil
	}
	return sihe.Rejected(sihe.CodeProjection, "write %s %s: the approval engine keeps it", d.Entity(), d.Key())
}

// tell notes who gets a copy once the request is approved, everybody once.
func (e engine) tell(tx *native.Tx, d *native.Doc) error {
	p, err := e.process(d)
	if err != nil {
		return err
	}
	var told []string
	for _, position := range p.CC {
		people, err := holders(tx, position)
		if err != nil {
			return err
		}
		for _, who := range people {
			if !slices.Contains(told, who) {
				told = append(told, who)
				d.AddRow("cc", native.Fields{"employee": who})
			}
		}
	}
	return nil
}

// read notes when the actor first read his copy.
func read(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("cc") {
		if r.Text("employee") != tx.Actor() {
			continue
		}
		if r.IsNull("read_at") {
			r.Set("read_at", tx.Now())
		}
		return nil
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
