package crm_test

import (
	"net/http"
	"testing"

	"github.com/sihehub/sihe"
)

// Step 3 of the story: another customer with the same tax id is refused, whatever it calls itself.
func TestDuplicateCustomer(t *testing.T) {
	b := newBench(t)
	b.refused(sihe.CodeDuplicate, "", http.MethodPost, "/party", record{"name": "华东水务集团有限公司", "tax_id": "91310000MADEM0011A"})
	want(t, b.post("/party", record{"name": "无税号甲"}), "party_no", "C002")
	want(t, b.post("/party", record{"name": "无税号乙"}), "party_no", "C003") // without one they are not the same
	b.refused(sihe.CodeDuplicate, "", http.MethodPatch, "/party/C002", record{"tax_id": "91310000MADEM0011A"})
	b.post("/party/C001/activate", nil)
	want(t, b.post("/party/C001/revise", record{"phone": "021-1"}), "state", "active", "phone", "021-1")
	b.refused(sihe.CodeFieldNotWritable, "", http.MethodPost, "/party/C001/revise", record{"tax_id": "91320500MADEM002X0"})
	b.refused(sihe.CodeFieldNotWritable, "", http.MethodPost, "/party/C001/revise", record{"credit_limit": "9.00"})
	want(t, b.post("/party/C001/block", nil), "state", "blocked")
	want(t, b.post("/party/C001/unblock", nil), "state", "active")
	if err := b.write("erp", sihe.DoWriteBack, "party", "C001", 1, record{"name": "别的"}, nil); sihe.CodeOf(err) != sihe.CodeFieldNotWritable {
		t.Errorf("NEG-04, ERP changes a customer's name: %v", err)
	}
	if err := b.write("erp", sihe.DoCreate, "party", "", 1, record{"name": "别的"}, nil); sihe.CodeOf(err) != sihe.CodeERPCustomerWrite {
		t.Errorf("NEG-04, ERP creates a customer: %v", err)
	}
}

// Step 5: 113,322.00 at 40 % and 60,000.00 at 10 % weigh 51,328.80.
func TestOpportunity(t *testing.T) {
	b := newBench(t)
	post := func(amount, rate string) string {
		return "/opportunity/" + at(b.post("/opportunity", record{"title": "泵组", "customer": "C001", "owner": "E001", "amount": amount, "win_rate": rate}), "opportunity_no")
	}
	one, two := post("113322.00", "0.10"), post("60000.00", "0.10")
	want(t, b.post(one+"/advance", record{"stage": "quotation", "win_rate": "0.40"}), "state", "open", "weighted", "45328.80")
	want(t, b.get(two), "weighted", "6000.00")
	b.refused(sihe.CodeGuard, "Say why it was lost", http.MethodPost, two+"/lose", nil)
	want(t, b.post(two+"/lose", record{"lost_reason": "价格"}), "state", "lost", "lost_reason", "价格")
	want(t, b.post(one+"/win", nil), "state", "won")
	b.refused(sihe.CodeNotInState, "", http.MethodPost, one+"/advance", record{"win_rate": "1"})
	b.refused(sihe.CodeValueRange, "", http.MethodPost, "/opportunity", record{"title": "x", "customer": "C001", "owner": "E001", "win_rate": "1.01"})
}

// An order follows what ERP and finance say about it; older answers of ERP do not count.
func TestOrderLife(t *testing.T) {
	b := newBench(t)
	empty := "/crm_order/" + at(b.post("/crm_order", record{"customer": "C001"}), "order_no")
	b.refused(sihe.CodeGuard, "An order needs lines with an amount", http.MethodPost, empty+"/place", nil)
	o := b.order(nil)
	want(t, b.get(o), "state", "accepted", "order_date", "2026-03-04", "gross_total", "113322.00", "net_total", "100470.80", "tax_total", "12851.20", "erp_order_no", "SO-2026-0001")
	b.refused(sihe.CodeFieldFrozen, "", http.MethodPatch, o, record{"ship_to": "别处"})
	b.back("erp", "crm_order", "CO-2026-0002", 5, record{"erp_status": "released", "fulfilment_status": "partial"})
	b.back("erp", "crm_order", "CO-2026-0002", 4, record{"erp_status": "held", "fulfilment_status": "none"})
	want(t, b.get(o), "state", "accepted", "erp_status", "released", "fulfilment_status", "partial")
	b.refused(sihe.CodeGuard, "part of it is delivered", http.MethodPost, o+"/request_cancel", nil)
	b.back("finance", "crm_order", "CO-2026-0002", 2, record{"paid_amount": "33996.60", "outstanding_amount": "79325.40", "payment_status": "partially_paid", "ledger_version": 2})
	b.back("erp", "crm_order", "CO-2026-0002", 6, record{"erp_status": "completed", "fulfilment_status": "full"})
	want(t, b.get(o), "state", "completed", "paid_amount", "33996.60", "payment_status", "partially_paid")
	if err := b.write("erp", sihe.DoWriteBack, "crm_order", "CO-2026-0002", 9, record{"paid_amount": "0.00"}, nil); sihe.CodeOf(err) != sihe.CodeFieldNotWritable {
		t.Errorf("ERP writes what finance owns: %v", err)
	}
}

// A cancellation is asked for and decided by ERP.
func TestOrderCancel(t *testing.T) {
	b := newBench(t)
	early := "/crm_order/" + at(b.post("/crm_order", record{"customer": "C001", "lines": lines}), "order_no")
	b.post(early+"/place", nil)
	b.refused(sihe.CodeGuard, "ERP has not answered the order yet", http.MethodPost, early+"/request_cancel", nil)
	b.back("erp", "crm_order", "CO-2026-0001", 1, record{"erp_status": "rejected"})
	want(t, b.get(early), "state", "rejected")

	for ends, status := range map[string]record{
		"cancelled": {"erp_status": "cancelled"},
		"accepted":  {"erp_status": "released", "fulfilment_status": "partial"}, // too late: it has left the house
	} {
		o := b.order(nil)
		want(t, b.post(o+"/request_cancel", nil), "state", "cancelling")
		b.back("erp", "crm_order", o[len("/crm_order/"):], 3, status)
		want(t, b.get(o), "state", ends)
	}
	held := "/crm_order/" + at(b.post("/crm_order", record{"customer": "C001", "lines": lines}), "order_no")
	b.post(held+"/place", nil)
	b.back("erp", "crm_order", held[len("/crm_order/"):], 1, record{"erp_order_no": "SO-9", "erp_status": "held", "hold_reason": "credit"})
	want(t, b.get(held), "state", "placed", "hold_reason", "credit")
	b.back("erp", "crm_order", held[len("/crm_order/"):], 2, record{"erp_status": "cancelled"})
	want(t, b.get(held), "state", "cancelled")
}

// A return is priced as it was sold, and cannot be about more than was ordered.
func TestReturnLife(t *testing.T) {
	b := newBench(t)
	o := b.order(nil)[len("/crm_order/"):]
	draft := func(line int, item, quantity string) record {
		return record{"order_no": o, "customer": "C001", "delivery_no": "DN-1", "reason": "漏水", "lines": []record{{"line_no": line, "item": item, "quantity": quantity, "unit_price": "0.01"}}}
	}
	b.refused(sihe.CodeReturnQuantity, "21 of 20 ordered", http.MethodPost, "/return_request", draft(1, "P-CP100", "21")) // NEG-09
	b.refused(sihe.CodeLineUnknown, "", http.MethodPost, "/return_request", draft(1, "P-SP50", "1"))
	b.refused(sihe.CodeLineUnknown, "", http.MethodPost, "/return_request", draft(9, "P-CP100", "1"))
	none := b.post("/return_request", record{"order_no": o, "customer": "C001", "delivery_no": "DN-1", "reason": "漏水"})
	b.refused(sihe.CodeGuard, "A return needs lines with a quantity", http.MethodPost, "/return_request/"+at(none, "return_no")+"/request", nil)

	r := b.post("/return_request", draft(1, "P-CP100", "1"))
	want(t, r, "gross_total", "4750.00", "lines.0.unit_price", "4750.00")
	path, key := "/return_request/"+at(r, "return_no"), at(r, "return_no")
	asked := b.post(path+"/request", nil)
	b.refused(sihe.CodeGuard, "OA has not approved it", http.MethodPost, path+"/approve", nil)
	if err := b.decide("return_request", key, 1000002, "approved", at(asked, "content_hash")); err != nil {
		t.Fatal(err)
	}
	b.back("erp", "return_request", key, 1, record{"receipt_no": "RR-1", "receipt_status": "expected"})
	b.refused(sihe.CodeGuard, "The warehouse expects the goods already", http.MethodPost, path+"/cancel", nil)
	b.refused(sihe.CodeGuard, "Finance has not credited it", http.MethodPost, path+"/settle", nil)
	b.back("erp", "return_request", key, 2, record{"receipt_status": "received", "inspection_result": "repair"})
	b.back("finance", "return_request", key, 1, record{"credit_note_no": "CN-1", "refund_status": "credited"})
	want(t, b.get(path), "state", "settled", "credit_note_no", "CN-1", "inspection_result", "repair")
}

// A return that is given up while OA decides recalls the question; OA's own withdrawal ends it, too.
func TestReturnEnds(t *testing.T) {
	b := newBench(t)
	o := b.order(nil)[len("/crm_order/"):]
	ask := func() (path, key, hash string) {
		r := b.post("/return_request", record{
			"order_no": o, "customer": "C001", "delivery_no": "DN-1", "reason": "漏水", "lines": []record{{"line_no": 1, "item": "P-CP100", "quantity": "1"}},
		})
		key = at(r, "return_no")
		return "/return_request/" + key, key, at(b.post("/return_request/"+key+"/request", nil), "content_hash")
	}
	path, key, _ := ask()
	want(t, b.post(path+"/cancel", nil), "state", "cancelled", "recalled_approval", "AR-"+key+"-1")
	for status, state := range map[string]string{"rejected": "rejected", "withdrawn": "cancelled"} {
		path, key, hash := ask()
		if err := b.decide("return_request", key, 1000002, status, hash); err != nil {
			t.Fatal(err)
		}
		want(t, b.get(path), "state", state, "recalled_approval", "")
	}
	path, key, hash := ask()
	if err := b.decide("return_request", key, 1000002, "approved", hash); err != nil {
		t.Fatal(err)
	}
	want(t, b.post(path+"/cancel", nil), "state", "cancelled", "recalled_approval", "") // ERP has refused it, say
}

func TestServiceLife(t *testing.T) {
	b := newBench(t)
	s := "/service_order/" + at(b.post("/service_order", record{"order_no": b.order(nil)[len("/crm_order/"):], "line_no": 3, "customer": "C001"}), "service_no")
	b.refused(sihe.CodeNotInState, "", http.MethodPost, s+"/complete", record{"hours": "6"})
	b.post(s+"/schedule", record{"scheduled_on": "2026-03-25"})
	b.refused(sihe.CodeGuard, "Enter the hours worked", http.MethodPost, s+"/complete", record{"hours": "0"})
	want(t, b.post(s+"/complete", record{"hours": "6.00", "result": "运行正常"}), "state", "completed", "finished_on", "2026-03-04", "hours", "6.00")
	want(t, b.post(s+"/close", nil), "state", "closed")
}

// Finance claims and closes, the salesperson reports what the customer said.
func TestCollectionTask(t *testing.T) {
	b := newBench(t)
	claim := record{"dunning_no": "DUN-1", "customer": "C001", "amount": "2395.40", "level": 1, "owner": "E001"}
	b.refused(sihe.CodeProjection, "", http.MethodPost, "/collection_task", claim)
	if err := b.write("finance", sihe.DoCreate, "collection_task", "", 0, claim, nil); err != nil {
		t.Fatal(err)
	}
	task := "/collection_task/COL-DUN-1"
	b.refused(sihe.CodeFieldFrozen, "", http.MethodPatch, task, record{"amount": "1.00"})
	b.refused(sihe.CodeFieldFrozen, "", http.MethodPost, task+"/report", record{"promise_date": "2026-04-28", "amount": "1.00"})
	b.refused(sihe.CodeProjection, "", http.MethodPost, task+"/close", nil)
	want(t, b.post(task+"/report", record{"promise_date": "2026-04-28", "contact_result": "财务已排款"}), "state", "reported", "amount", "2395.40")
	want(t, b.post(task+"/report", record{"promise_date": "2026-04-30"}), "state", "reported", "promise_date", "2026-04-30")
	if err := b.write("finance", "close", "collection_task", "COL-DUN-1", 0, record{}, nil); err != nil {
		t.Fatal(err)
	}
	want(t, b.get(task), "state", "closed")
}
