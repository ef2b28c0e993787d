package oa_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sihehub/sihe"
)

// Below the limit a rule decides, and is named as the one who did.
func TestAutoRule(t *testing.T) {
	b := newBench(t)
	r := b.ask(record{"amount": "1000.00"})
	b.is(r, "state", "approved", "rule", "purchase-order-up-to-1000", "decided_by", "rule:purchase-order-up-to-1000", "decided_at", "2026-03-04T02:00:00Z")
	equal(t, "decisions", b.decisions(r, "5f2c"), "auto rule:purchase-order-up-to-1000")
	equal(t, "tasks", b.tasks(r), "")
	b.is(b.ask(record{"amount": "1000.01", "subject_key": "PO-2"}), "state", "running", "rule", "")
}

// Or-sign: the first decides, the others are cancelled.
func TestOrSign(t *testing.T) {
	b := newBench(t)
	r := b.ask(record{"process": "purchase_requisition", "subject_entity": "erp.purchase_requisition", "subject_key": "PR-1"})
	equal(t, "tasks", b.tasks(r), "E007 pending, E009 pending")
	b.decide("E009", "approve", "同意")
	equal(t, "tasks", b.tasks(r), "E007 cancelled, E009 approved")
	b.is(r, "state", "approved", "decided_by", "E009", "comment", "同意")
	equal(t, "decisions", b.decisions(r, "5f2c"), "approve E009")
}

// Countersign: all must agree, in any order.
func TestCountersign(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	equal(t, "tasks", b.tasks(r), "E006 pending, E004 pending")
	b.decide("E004", "approve", "")
	b.is(r, "state", "running", "step", "2")
	b.decide("E006", "approve", "")
	b.is(r, "state", "approved")
	equal(t, "decisions", b.decisions(r, "5f2c"), "approve E004, approve E006")
}

// Two who decide at the same moment are both counted, whoever comes first.
func TestDecideAtOnce(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	one, two := b.task("E006"), b.task("E004")
	var wait sync.WaitGroup
	for who, task := range map[string]string{"E006": one, "E004": two} {
		wait.Go(func() {
			if status, out := b.call(http.MethodPost, task+"/approve", who, record{}); status != http.StatusOK {
				t.Errorf("%s: %d %v", who, status, out)
			}
		})
	}
	wait.Wait()
	b.is(r, "state", "approved")
	equal(t, "tasks", b.tasks(r), "E006 approved, E004 approved")
	if got := b.decisions(r, "5f2c"); strings.Count(got, "approve ") != 2 {
		t.Errorf("decisions: %s", got)
	}

	r = b.ask(record{"process": "purchase_requisition", "subject_entity": "erp.purchase_requisition", "subject_key": "PR-1"})
	results := make(chan int, 2)
	for who, task := range map[string]string{"E007": b.task("E007"), "E009": b.task("E009")} {
		wait.Go(func() {
			status, _ := b.call(http.MethodPost, task+"/approve", who, record{})
			results <- status
		})
	}
	wait.Wait()
	if a, c := <-results, <-results; a+c != http.StatusOK+http.StatusConflict {
		t.Errorf("or-sign at once: %d and %d, want one to win", a, c)
	}
	b.is(r, "state", "approved")
}

// The contract of the story: manager, then legal and finance, then the general manager; the warehouse gets a copy.
func TestStepsInTurn(t *testing.T) {
	b := newBench(t)
	r := b.ask(record{"process": "sales_contract", "subject_entity": "crm.contract", "subject_key": "CT-1", "amount": "113322.00"})
	for _, step := range [][3]string{
		{"E002 pending", "E002", "1"},
		{"E002 approved, E003 pending, E004 pending", "E003", "2"},
		{"E002 approved, E003 approved, E004 pending", "E004", "2"},
		{"E002 approved, E003 approved, E004 approved, E005 pending", "E005", "3"},
	} {
		equal(t, "tasks", b.tasks(r), step[0])
		b.is(r, "state", "running", "step", step[2])
		b.decide(step[1], "approve", "")
	}
	b.is(r, "state", "approved", "decided_by", "E005")
	equal(t, "decisions", b.decisions(r, "5f2c"), "approve E002, approve E003, approve E004, approve E005")

	b.refused(sihe.CodeNotYourTask, http.MethodPost, r+"/read", "E001", nil)
	b.do(http.MethodPost, r+"/read", "E008", nil)
	read := b.get(r)["cc"].([]any)[0].(record)
	if read["employee"] != "E008" || read["read_at"] != "2026-03-04T02:00:00Z" {
		t.Errorf("copy: %v", read)
	}

	small := b.ask(record{"process": "sales_contract", "subject_entity": "crm.contract", "subject_key": "CT-2", "amount": "100000.00"})
	b.decide("E002", "approve", "")
	b.is(small, "state", "approved", "step", "1") // steps whose condition does not hold are passed over
}

const inTurn = `process: stamp
label: {en: Seal, zh: 用印}
steps:
  - {name: {en: One after the other, zh: 依次}, mode: sequence, positions: [legal, finance_director, general_manager]}
`

// Sequence: one after the other; whoever hands his task on does not cut the others off.
func TestSequence(t *testing.T) {
	b := newBench(t, inTurn)
	r := b.ask(record{"process": "stamp"})
	equal(t, "tasks", b.tasks(r), "E003 pending")
	b.do(http.MethodPost, b.task("E003")+"/transfer", "E003", record{"assignee": "E002", "comment": "出差"})
	b.decide("E002", "approve", "")
	equal(t, "tasks", b.tasks(r), "E002 approved, E004 pending")
	b.decide("E004", "approve", "")
	b.decide("E005", "approve", "")
	b.is(r, "state", "approved")
	equal(t, "decisions", b.decisions(r, "5f2c"), "transfer E003 → E002, approve E002, approve E004, approve E005")

	r = b.ask(record{"process": "stamp", "subject_key": "PO-2"})
	b.decide("E003", "reject", "不同意")
	b.is(r, "state", "rejected", "decided_by", "E003", "comment", "不同意")
	equal(t, "tasks", b.tasks(r), "E003 rejected")
}

// The first no ends it; what others have not decided yet is cancelled, and deciding later is refused.
func TestFirstRefusalEnds(t *testing.T) {
	for action, state := range map[string]string{"reject": "rejected", "return": "returned"} {
		t.Run(action, func(t *testing.T) {
			b := newBench(t)
			r := b.ask(nil)
			other := b.task("E006")
			b.decide("E004", action, "涨价9.23%")
			b.is(r, "state", state, "outcome", state, "decided_by", "E004", "comment", "涨价9.23%")
			equal(t, "tasks", b.tasks(r), "E006 cancelled, E004 "+state)
			equal(t, "decisions", b.decisions(r, "5f2c"), action+" E004")
			b.refused(sihe.CodeNotInState, http.MethodPost, other+"/approve", "E006", nil)
		})
	}
}

// Only the assignee decides, and nobody can become it by saying so.
func TestWrongActor(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	task := b.task("E004")
	for _, action := range []string{"approve", "reject", "return"} {
		b.refused(sihe.CodeNotYourTask, http.MethodPost, task+"/"+action, "E001", nil)
		b.refused(sihe.CodeApproverUnknown, http.MethodPost, task+"/"+action, "", nil)
		b.refused(sihe.CodeFieldNotWritable, http.MethodPost, task+"/"+action, "E001", record{"assignee": "E001"})
		b.refused(sihe.CodeFieldNotWritable, http.MethodPost, task+"/"+action, "E004", record{"step": 99})
	}
	b.refused(sihe.CodeNotYourTask, http.MethodPost, task+"/transfer", "E001", record{"assignee": "E001"})
	b.refused(sihe.CodeApproverUnknown, http.MethodPost, task+"/transfer", "", record{"assignee": "E001"})
	b.refused(sihe.CodeFieldFrozen, http.MethodPatch, task, "E001", record{"assignee": "E001"})
	b.is(r, "state", "running")
	equal(t, "decisions", b.decisions(r, "5f2c"), "")
}

func TestTransfer(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	b.do(http.MethodPost, "/employee/E003/leave", "", nil)
	task := b.task("E004")
	b.refused(sihe.CodeNoApprover, http.MethodPost, task+"/transfer", "E004", record{"assignee": "E003"})
	b.refused(sihe.CodeNoApprover, http.MethodPost, task+"/transfer", "E004", nil)
	b.refused(sihe.CodeDocumentUnknown, http.MethodPost, task+"/transfer", "E004", record{"assignee": "E999"})
	b.do(http.MethodPost, task+"/transfer", "E004", record{"assignee": "E005"})
	b.is(task, "assignee", "E005", "original_assignee", "E004", "state", "pending")
	b.refused(sihe.CodeNotYourTask, http.MethodPost, task+"/approve", "E004", nil)
	b.decide("E005", "approve", "")
	b.decide("E006", "approve", "")
	b.is(r, "state", "approved")
}

// Where nobody holds the position, or no step is for the request, it is refused as a whole: nobody would decide it.
func TestNoApprover(t *testing.T) {
	b := newBench(t, `process: odd
label: {en: Odd, zh: 特例}
steps:
  - {name: {en: Only large ones, zh: 仅大额}, positions: [general_manager], when: amount > 1000000}
`)
	b.do(http.MethodPost, "/employee/E004/leave", "", nil)
	for name, more := range map[string]record{
		"one of a countersign has left": nil,
		"no step is for it":             {"process": "odd"},
	} {
		if _, err := b.write("erp", sihe.DoCreate, "", question(more)); sihe.CodeOf(err) != sihe.CodeNoApprover || sihe.ClassOf(err) != sihe.ClassRejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.write("erp", sihe.DoCreate, "", question(record{"process": "nonesuch"})); sihe.CodeOf(err) != sihe.CodeProcessUnknown {
		t.Errorf("unknown process: %v", err)
	}
	if n := len(b.list("/approval_request")) + len(b.list("/approval_task")); n != 0 {
		t.Errorf("%d documents are left", n)
	}
	b.do(http.MethodPost, "/employee/E007/leave", "", nil) // or-sign needs one of them
	equal(t, "tasks", b.tasks(b.ask(record{"process": "purchase_requisition", "subject_key": "PO-9"})), "E009 pending")
}

// One request for one revision of one document, however often it is asked for.
func TestAskTwice(t *testing.T) {
	b := newBench(t)
	first, err := b.repeat("one", "erp", sihe.DoCreate, "", question(nil))
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.repeat("one", "erp", sihe.DoCreate, "", question(nil))
	if err != nil || again.Key != first.Key || first.Key != "AR-PO-1-1" {
		t.Errorf("%+v %+v %v", first, again, err)
	}
	if _, err := b.repeat("two", "erp", sihe.DoCreate, "", question(record{"content_hash": "77aa"})); sihe.ClassOf(err) != sihe.ClassRejected {
		t.Errorf("another request for the same revision: %v", err)
	}
	equal(t, "tasks", b.tasks("/approval_request/AR-PO-1-1"), "E006 pending, E004 pending")
	b.is(b.ask(record{"subject_revision": 2}), "state", "running", "request_no", "AR-PO-1-2")
}

// The owner's module recalls at any time, once; another module never.
func TestRecall(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	b.decide("E006", "approve", "")
	if _, err := b.write("crm", "recall", "AR-PO-1-1", record{}); sihe.CodeOf(err) != sihe.CodeBoundary {
		t.Errorf("recalled by CRM: %v", err)
	}
	b.refused(sihe.CodeProjection, http.MethodPost, r+"/recall", "E001", nil)
	if _, err := b.write("erp", "recall", "AR-PO-1-1", record{"comment": "单据已修改"}); err != nil {
		t.Fatal(err)
	}
	b.is(r, "state", "recalled", "outcome", "none", "comment", "单据已修改", "decided_by", "pipeline:erp")
	equal(t, "tasks", b.tasks(r), "E006 approved, E004 cancelled")
	equal(t, "decisions", b.decisions(r, "5f2c"), "approve E006, recall pipeline:erp")
	if _, err := b.write("erp", "recall", "AR-PO-1-1", record{}); sihe.CodeOf(err) != sihe.CodeNotInState {
		t.Errorf("recalled twice: %v", err)
	}
}

// The initiator withdraws until the first decision.
func TestWithdraw(t *testing.T) {
	b := newBench(t)
	r := b.ask(nil)
	b.refused(sihe.CodeNotYourTask, http.MethodPost, r+"/withdraw", "E006", nil)
	b.refused(sihe.CodeApproverUnknown, http.MethodPost, r+"/withdraw", "", nil)
	b.do(http.MethodPost, r+"/withdraw", "E001", record{"comment": "先不买"})
	b.is(r, "state", "withdrawn", "comment", "先不买", "decided_by", "E001")
	equal(t, "tasks", b.tasks(r), "E006 cancelled, E004 cancelled")
	equal(t, "decisions", b.decisions(r, "5f2c"), "withdraw E001")

	r = b.ask(record{"subject_revision": 2})
	b.do(http.MethodPost, b.task("E006")+"/transfer", "E006", record{"assignee": "E005"})
	b.decide("E005", "approve", "")
	b.refused(sihe.CodeApprovalBegun, http.MethodPost, r+"/withdraw", "E001", nil)
	b.is(r, "state", "running")
}

// No person makes requests, tasks or outcomes by hand, and no module asks about another one's document.
func TestKeptByEngine(t *testing.T) {
	b := newBench(t)
	b.refused(sihe.CodeProjection, http.MethodPost, "/approval_request", "E001", question(nil))
	b.refused(sihe.CodeProjection, http.MethodPost, "/approval_task", "E001", record{"request": "AR-PO-1-1", "step": 1, "assignee": "E001"})
	if _, err := b.write("crm", sihe.DoCreate, "", question(nil)); sihe.CodeOf(err) != sihe.CodeBoundary {
		t.Errorf("CRM asks about a purchase order: %v", err)
	}
	r := b.ask(record{"outcome": "approved", "step": 7, "decisions": []record{{"action": "approve", "actor": "E004"}}, "cc": []record{{"employee": "E001"}}})
	b.is(r, "state", "running", "outcome", "none", "step", "2")
	equal(t, "decisions", b.decisions(r, "5f2c"), "")
	b.refused(sihe.CodeFieldFrozen, http.MethodPatch, r, "E001", record{"outcome": "approved"})
	for _, action := range []string{"approve", "reject", "return"} {
		b.refused(sihe.CodeFieldNotWritable, http.MethodPost, r+"/"+action, "E001", record{"outcome": "approved"})
		b.refused(sihe.CodeGuard, http.MethodPost, r+"/"+action, "E001", nil)
	}
	b.refused(sihe.CodeProjection, http.MethodPost, b.task("E004")+"/cancel", "E004", nil)
	b.is(r, "state", "running")
	if _, err := b.write("erp", sihe.DoWriteBack, "AR-PO-1-1", record{"amount": "1.00"}); sihe.CodeOf(err) != sihe.CodeFieldNotWritable { // BR-04
		t.Errorf("ERP writes into a request: %v", err)
	}
}

// A task without an assignee goes to the manager of the employee whom it concerns.
func TestTaskForManager(t *testing.T) {
	b := newBench(t)
	b.do(http.MethodPost, "/employee", "", record{"employee_no": "E020", "name": "新人", "manager": "E002"})
	for want, task := range map[string]record{
		"E002": {"title": "催款", "concerns": "E020"},
		"E001": {"title": "催款", "concerns": "E020", "assignee": "E001"},
		"":     {"title": "催款"},
	} {
		if got := b.do(http.MethodPost, "/task", "E001", task); got["assignee"] != want && (want != "" || got["assignee"] != nil) {
			t.Errorf("%v went to %v, want %q", task, got["assignee"], want)
		}
	}
	b.refused(sihe.CodeDocumentUnknown, http.MethodPost, "/task", "E001", record{"title": "催款", "concerns": "E999"})
}
