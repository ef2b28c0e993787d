package oa

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// holders returns the employees who hold a position now, by number.
func holders(tx *native.Tx, position string) ([]string, error) {
	var people []string
	err := tx.Find("employee", "position", position, func(d *native.Doc) (bool, error) {
		if d.State() == "regular" {
			people = append(people, d.Key())
		}
		return true, nil
	})
	slices.Sort(people)
	return people, err
}

// assignees returns everybody whom a step asks, in the order of its positions, each once.
func assignees(tx *native.Tx, s Step) ([]string, error) {
	var all []string
	for _, position := range s.Positions {
		people, err := holders(tx, position)
		if err != nil {
			return nil, err
		}
		if len(people) == 0 && s.Mode != ModeAny {
			return nil, sihe.Rejected(sihe.CodeNoApprover, "open step %s: nobody is %s", s.Name.En, position)
		}
		for _, who := range people {
			if !slices.Contains(all, who) {
				all = append(all, who)
			}
		}
	}
	if len(all) == 0 {
		return nil, sihe.Rejected(sihe.CodeNoApprover, "open step %s: nobody is any of %v", s.Name.En, s.Positions)
	}
	return all, nil
}

func openStep(tx *native.Tx, d *native.Doc, s Step, number int) error {
	people, err := assignees(tx, s)
	if err != nil {
		return err
	}
	if s.Mode == ModeSequence {
		people = people[:1] // stepDone asks the next one
	}
	for _, who := range people {
		if err := openTask(tx, d, s, number, who); err != nil {
			return err
		}
	}
	return nil
}

func openTask(tx *native.Tx, d *native.Doc, s Step, number int, who string) error {
	_, err := tx.Create("approval_task", native.Fields{
		"request": d.Key(), "subject_key": d.Text("subject_key"), "step": number, "step_name": s.Name.Zh, "assignee": who, "original_assignee": who,
		"title": d.Text("title"), "amount": d.Decimal("amount"), "currency": d.Text("currency"),
	})
	return err
}

// decide checks that the actor may decide the task and returns its request.
func decide(tx *native.Tx, task *native.Doc) (*native.Doc, error) {
	switch {
	case tx.Actor() == "":
		return nil, sihe.Rejected(sihe.CodeApproverUnknown, "decide %s: nobody is named as the actor", task.Key())
	case tx.Actor() != task.Text("assignee"):
		return nil, sihe.Rejected(sihe.CodeNotYourTask, "decide %s: it is %s's, not %s's", task.Key(), task.Text("assignee"), tx.Actor())
	}
	request, err := tx.Must("approval_request", task.Text("request"))
	if err != nil {
		return nil, err
	}
	if request.State() != "running" {
		return nil, sihe.Rejected(sihe.CodeApprovalEnded, "decide %s: %s is %s", task.Key(), request.Key(), request.State())
	}
	task.Set("decided_by", tx.Actor())
	task.Set("decided_at", tx.Now())
	return request, nil
}

// approve counts one yes and goes on when the step has enough of them.
func (e engine) approve(tx *native.Tx, task *native.Doc) error {
	request, err := decide(tx, task)
	if err != nil {
		return err
	}
	p, err := e.process(request)
	if err != nil {
		return err
	}
	record(tx, request, native.Fields{"actor": tx.Actor(), "action": "approve", "comment": task.Text("comment")})
	if task.Text("comment") != "" {
		request.Set("comment", task.Text("comment"))
	}
	step, err := p.step(task.Int("step"))
	if err != nil {
		return err
	}
	done, err := stepDone(tx, request, task, step)
	if err != nil {
		return err
	}
	if done {
		if err := e.advance(tx, request, p, int(task.Int("step"))); err != nil {
			return err
		}
	}
	return tx.Save(request)
}

// stepDone says whether this yes completes the step; it cancels or opens the tasks that this asks for.
func stepDone(tx *native.Tx, request, task *native.Doc, s Step) (bool, error) {
	others, err := pending(tx, request.Key(), task.Key())
	if err != nil {
		return false, err
	}
	switch s.Mode {
	case ModeAll:
		return len(others) == 0, nil
	case ModeSequence:
		next, err := nextInSequence(tx, request, task, s)
		if err != nil || next == "" {
			return err == nil, err
		}
		return false, openTask(tx, request, s, int(task.Int("step")), next)
	case ModeAny:
	}
	return true, cancel(tx, others)
}

// nextInSequence is the first of the step's people who was not asked yet, "" when all were. Who was asked counts, not who
// decided: a task may have been transferred.
func nextInSequence(tx *native.Tx, request, task *native.Doc, s Step) (string, error) {
	var asked []string
	err := tx.Find("approval_task", "request", request.Key(), func(d *native.Doc) (bool, error) {
		if d.Int("step") == task.Int("step") {
			asked = append(asked, d.Text("original_assignee"))
		}
		return true, nil
	})
	if err != nil {
		return "", err
	}
	people, err := assignees(tx, s)
	if err != nil {
		return "", err
	}
	for _, who := range people {
		if !slices.Contains(asked, who) {
			return who, nil
		}
	}
	return "", nil
}

// refuse ends the request at the first no.
func refuse(action, outcome string) func(*native.Tx, *native.Doc) error {
	return func(tx *native.Tx, task *native.Doc) error {
		request, err := decide(tx, task)
		if err != nil {
			return err
		}
		others, err := pending(tx, request.Key(), task.Key())
		if err != nil {
			return err
		}
		if err := cancel(tx, others); err != nil {
			return err
		}
		record(tx, request, native.Fields{"actor": tx.Actor(), "action": action, "comment": task.Text("comment")})
		end(tx, request, outcome, tx.Actor(), task.Text("comment"))
		return tx.Save(request)
	}
}

// transfer hands a task to somebody else; only its assignee may. The request remembers who passed it on to whom.
func transfer(tx *native.Tx, task *native.Doc) error {
	was, to := task.Was().Text("assignee"), task.Text("assignee")
	switch {
	case tx.Actor() == "":
		return sihe.Rejected(sihe.CodeApproverUnknown, "transfer %s: nobody is named as the actor", task.Key())
	case tx.Actor() != was:
		return sihe.Rejected(sihe.CodeNotYourTask, "transfer %s: it is %s's, not %s's", task.Key(), was, tx.Actor())
	case to == was:
		return sihe.Rejected(sihe.CodeNoApprover, "transfer %s: say to whom", task.Key()).At("assignee")
	}
	who, err := tx.Must("employee", to)
	if err != nil {
		return err
	}
	if who.State() != "regular" {
		return sihe.Rejected(sihe.CodeNoApprover, "transfer %s: %s has left", task.Key(), who.Key()).At("assignee")
	}
	request, err := tx.Must("approval_request", task.Text("request"))
	if err != nil {
		return err
	}
	record(tx, request, native.Fields{"actor": was, "action": "transfer", "target": to, "comment": task.Text("comment")})
	task.Set("comment", nil) // it was said to the next assignee, who says his own
	return tx.Save(request)
}

// pending returns the request's open tasks without the named one.
func pending(tx *native.Tx, request, without string) ([]*native.Doc, error) {
	var open []*native.Doc
	err := tx.Find("approval_task", "request", request, func(d *native.Doc) (bool, error) {
		if d.State() == "pending" && d.Key() != without {
			open = append(open, d)
		}
		return true, nil
	})
	return open, err
}

func cancel(tx *native.Tx, tasks []*native.Doc) error {
	for _, t := range tasks {
		if err := tx.Act(t, "cancel", nil); err != nil {
			return err
		}
	}
	return nil
}
