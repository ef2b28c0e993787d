package crm_test

import (
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

// From draft to signed; approval is OA's and bound to the content, the signature is dated by itself.
func TestContractLife(t *testing.T) {
	b := newBench(t)
	c := b.contract()
	want(t, b.get(c), "state", "draft", "revision", "1", "gross_total", "113322.00", "planned_total", "113322.00", "lines.0.gross", "95000.00")
	b.refused(sihe.CodeNotInState, "", http.MethodPost, c+"/sign", nil)
	doc := b.post(c+"/submit", nil)
	want(t, doc, "state", "submitted", "approval_status", "none")
	b.refused(sihe.CodeGuard, "OA has not approved it", http.MethodPost, c+"/approve", nil)
	b.refused(sihe.CodeGuard, "OA has not sent it back", http.MethodPost, c+"/reject", nil)
	b.refused(sihe.CodeFieldFrozen, "", http.MethodPatch, c, record{"payment_terms": "先款后货"})
	b.refused(sihe.CodeFieldNotWritable, "", http.MethodPost, c+"/change", record{"approval_status": "approved"})
	if err := b.decide("contract", "CT-2026-0001", 1000002, "approved", "00"); sihe.CodeOf(err) != sihe.CodeHashMismatch {
		t.Errorf("another content was approved: %v", err)
	}
	if err := b.decide("contract", "CT-2026-0001", 1000002, "approved", at(doc, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get(c), "state", "approved", "approval_no", "AR-CT-2026-0001", "content_hash", at(doc, "content_hash"))
	want(t, b.post(c+"/sign", nil), "state", "signed", "sign_date", "2026-03-04")
	b.refused(sihe.CodeNotInState, "", http.MethodPost, c+"/change", nil)
	want(t, b.post(c+"/terminate", nil), "state", "terminated")
}

// The instalments must add up to the contract, and the refusal says so.
func TestContractGuard(t *testing.T) {
	b := newBench(t)
	c := b.contract()
	b.do(http.MethodPatch, c, record{"installments": []record{{"installment": 1, "kind": "deposit", "due_date": "2026-03-08", "amount": "113321.99"}}})
	b.refused(sihe.CodeGuard, "The payment plan must add up to the contract total", http.MethodPost, c+"/submit", nil)
	empty := "/contract/" + at(b.post("/contract", record{"title": "空", "customer": "C001", "owner": "E001"}), "contract_no")
	b.refused(sihe.CodeGuard, "must add up", http.MethodPost, empty+"/submit", nil)
	b.refused(sihe.CodeReferenceUnknown, "", http.MethodPost, "/contract", record{"title": "空", "customer": "C999", "owner": "E001"})
}

// A rejection opens the next revision with another hash and shows until the next question; a change while OA decides
// recalls the question, a change after the approval has nothing to recall.
func TestContractRevisions(t *testing.T) {
	b := newBench(t)
	c := b.contract()
	first := b.post(c+"/submit", nil)
	if err := b.decide("contract", "CT-2026-0001", 1000002, "rejected", at(first, "content_hash")); err != nil {
		t.Fatal(err)
	}
	back := b.get(c)
	want(t, back, "state", "draft", "revision", "2", "approval_status", "rejected", "recalled_approval", "")
	if at(back, "content_hash") == at(first, "content_hash") {
		t.Error("two revisions have one hash")
	}
	want(t, b.post(c+"/submit", nil), "state", "submitted", "approval_status", "none", "approval_no", "")
	want(t, b.post(c+"/change", nil), "state", "draft", "revision", "3", "recalled_approval", "AR-CT-2026-0001-2")
	third := b.post(c+"/submit", nil)
	want(t, third, "recalled_approval", "")
	if err := b.decide("contract", "CT-2026-0001", 2000009, "approved", at(first, "content_hash")); sihe.CodeOf(err) != sihe.CodeHashMismatch {
		t.Errorf("a late answer was taken: %v", err)
	}
	if err := b.decide("contract", "CT-2026-0001", 3000002, "approved", at(third, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.post(c+"/change", nil), "state", "draft", "revision", "4", "approval_status", "none", "recalled_approval", "")
	fourth := b.post(c+"/submit", nil)
	if err := b.decide("contract", "CT-2026-0001", 4000002, "withdrawn", at(fourth, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get(c), "state", "draft", "revision", "5", "recalled_approval", "")
}

// The approval publishes the plan in the order of the instalments; finance's money fills them one after the other.
func TestPaymentPlan(t *testing.T) {
	b := newBench(t)
	c := b.contract()
	plan := "/payment_plan/CT-2026-0001"
	if status, _ := b.call(http.MethodGet, plan, nil); status != http.StatusNotFound {
		t.Errorf("the plan of a draft: %d", status)
	}
	b.approve(c)
	want(t, b.get(plan), "state", "published", "total", "113322.00", "order_no", "", "lines.0.amount", "33996.60", "lines.1.installment", "2")
	b.order(record{"contract": "CT-2026-0001"})
	want(t, b.get(plan), "order_no", "CO-2026-0001")
	for i, x := range [][]string{
		{"10000.00", "10000.00", "partly", "0.00", "planned", "published"},
		{"33996.60", "33996.60", "collected", "0.00", "planned", "published"},
		{"83996.60", "33996.60", "collected", "50000.00", "partly", "published"},
		{"113322.00", "33996.60", "collected", "79325.40", "collected", "collected"},
		{"120000.00", "33996.60", "collected", "79325.40", "collected", "collected"}, // paid too much: the plan takes what it asked for
		{"20000.00", "20000.00", "partly", "0.00", "planned", "published"},           // an allocation was taken back
	} {
		b.back("finance", "payment_plan", "CT-2026-0001", int64(i+1), record{"collected_amount": x[0], "credited_amount": "0.00"})
		want(t, b.get(plan), "lines.0.collected", x[1], "lines.0.status", x[2], "lines.1.collected", x[3], "lines.1.status", x[4], "state", x[5])
	}
	b.back("finance", "payment_plan", "CT-2026-0001", 3, record{"collected_amount": "0.00"}) // NEG-06: an older ledger version
	want(t, b.get(plan), "collected_amount", "20000.00")
	b.back("finance", "payment_plan", "CT-2026-0001", 7, record{"collected_amount": "108572.00", "credited_amount": "4750.00"})
	want(t, b.get(plan), "state", "collected")
}

// A new revision replaces the instalments, what has been collected stays and spreads anew.
func TestPaymentPlanFollows(t *testing.T) {
	b := newBench(t)
	c := b.contract()
	b.approve(c)
	b.order(record{"contract": "CT-2026-0001"})
	b.back("finance", "payment_plan", "CT-2026-0001", 1, record{"collected_amount": "33996.60"})
	b.post(c+"/change", nil)
	b.do(http.MethodPatch, c, record{"installments": []record{
		{"installment": 1, "kind": "deposit", "due_date": "2026-03-08", "amount": "20000.00"},
		{"installment": 2, "kind": "progress", "due_date": "2026-03-20", "amount": "20000.00"},
		{"installment": 3, "kind": "delivery", "due_date": "2026-04-24", "amount": "73322.00"},
	}})
	doc := b.post(c+"/submit", nil)
	if err := b.decide("contract", "CT-2026-0001", 2000002, "approved", at(doc, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get("/payment_plan/CT-2026-0001"), "lines.0.status", "collected", "lines.1.collected", "13996.60", "lines.1.status", "partly", "lines.2.status", "planned",
		"collected_amount", "33996.60", "total", "113322.00", "order_no", "CO-2026-0001")
}

// Nobody writes a plan or finance's figures by hand.
func TestPlanIsKept(t *testing.T) {
	b := newBench(t)
	b.approve(b.contract())
	b.refused(sihe.CodeProjection, "", http.MethodPost, "/payment_plan", record{"plan_no": "CT-9", "contract": "CT-2026-0001", "customer": "C001"})
	b.refused(sihe.CodeProjection, "", http.MethodPatch, "/payment_plan/CT-2026-0001", record{"lines": []record{}})
	b.refused(sihe.CodeFieldNotWritable, "", http.MethodPatch, "/payment_plan/CT-2026-0001", record{"collected_amount": "1.00"})
	if err := b.write("oa", sihe.DoWriteBack, "contract", "CT-2026-0001", 9000000, record{"title": "别的"}, nil); sihe.CodeOf(err) != sihe.CodeOABusinessField {
		t.Errorf("NEG-03, OA changes a contract: %v", err)
	}
}
