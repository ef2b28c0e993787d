package erp_test

import (
	"strings"
	"testing"

	"github.com/sihehub/sihe"
)

func order(source, buyer, item, quantity, price string) record {
	return record{
		"source_order": source, "source_revision": 1, "buyer": buyer, "currency": "CNY", "release_policy": "order",
		"lines": []record{{"line_no": 1, "item": item, "quantity": quantity, "unit_price": price, "tax_rate": "0.13"}},
	}
}

// NEG-01 and NEG-02: beyond the limit an order is held and keeps nothing; OA decides.
func TestCreditHold(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C002", "P-CP200", "12", "6000.00"))
	doc := b.get("/sales_order/" + so)
	want(t, doc, "state", "held", "hold_reason", "credit", "gross_total", "72000.00", "net_total", "63716.81", "tax_total", "8283.19", "committed", "false")
	b.level("P-CP200@WH-FG", "4", "0", "4")
	if err := b.decide("sales_order", so, 1000002, "rejected", at(doc, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get("/sales_order/"+so), "state", "cancelled")
	b.level("P-CP200@WH-FG", "4", "0", "4")

	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "120000.00", "currency": "CNY", "exposure": "79325.40", "hold": false, "state": "active"})
	next := b.create("erp.sales_order", order("CO-2", "C001", "P-GP30", "5", "10000.00"))
	doc = b.get("/sales_order/" + next)
	want(t, doc, "state", "held", "hold_reason", "credit", "credit_exposure", "79325.40", "credit_limit", "120000.00")
	if err := b.decide("sales_order", next, 1000002, "approved", at(doc, "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get("/sales_order/"+next), "state", "released", "hold_reason", "", "lines.0.reserved_quantity", "5")
}

// Two orders in a row count together, although finance has not answered the first one yet.
func TestCreditCountsUnansweredOrders(t *testing.T) {
	b := newBench(t)
	seed(b)
	first := b.create("erp.sales_order", order("CO-1", "C002", "P-GP30", "3", "10000.00"))
	want(t, b.get("/sales_order/"+first), "state", "released")
	second := b.create("erp.sales_order", order("CO-2", "C002", "P-GP30", "3", "10000.00"))
	want(t, b.get("/sales_order/"+second), "state", "held", "hold_reason", "credit")
	b.copied("finance.credit", "C002", 2, record{"party_no": "C002", "limit": "80000.00", "currency": "CNY", "exposure": "30000.00", "hold": false, "state": "active"})
	b.post("/sales_order/"+second+"/recheck", nil)
	want(t, b.get("/sales_order/"+second), "state", "held")
	b.must(b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoWriteBack, Key: first, Writer: "finance", Version: 1}, record{"ledger_version": 1}))
	b.post("/sales_order/"+second+"/recheck", nil)
	want(t, b.get("/sales_order/"+second), "state", "released")
}

func TestMarginHold(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C002", "P-GP30", "1", "1500.00"))
	doc := b.get("/sales_order/" + so)
	want(t, doc, "state", "held", "hold_reason", "margin", "estimated_cost", "1175.00", "net_total", "1327.43")
	b.level("P-GP30@WH-FG", "6", "0", "6")
	if err := b.decide("sales_order", so, 2, "approved", strings.Repeat("0", 64)); sihe.CodeOf(err) != sihe.CodeHashMismatch {
		t.Fatalf("another content was approved: %v", err)
	}
	b.post("/policy", record{"policy_no": "erp", "margin_floor": "0.10"})
	b.post("/sales_order/"+so+"/recheck", nil)
	want(t, b.get("/sales_order/"+so), "state", "released")
	b.level("P-GP30@WH-FG", "6", "1", "5")
}

func TestOrderIsRefused(t *testing.T) {
	b := newBench(t)
	seed(b)
	wrong := firstOrder(record{"source_gross_total": "113322.01"})
	for name, c := range map[string]struct {
		order record
		code  sihe.Code
		path  string
	}{
		"unknown buyer": {order("CO-1", "C999", "P-GP30", "1", "2599.00"), sihe.CodeUnknownBuyer, "buyer"},
		"unknown item":  {order("CO-1", "C001", "P-XX", "1", "2599.00"), sihe.CodeItemNotMapped, "lines[0].item"},
		"a cent off":    {wrong, sihe.CodeTotalMismatch, "gross_total"},
		"no bom":        {order("CO-1", "C001", "P-CP100R", "1", "2599.00"), "", ""},
	} {
		_, err := b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoCreate, Writer: "crm"}, c.order)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if sihe.CodeOf(err) != c.code || sihe.ClassOf(err) != sihe.ClassRejected {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if n := len(b.get("/sales_order")["items"].([]any)); n != 1 {
		t.Errorf("%d orders are left", n)
	}
}

// The same order and revision again is the same document; a repeated write gives its first receipt.
func TestOrderTwice(t *testing.T) {
	b := newBench(t)
	seed(b)
	w := sihe.Write{ID: "one", Entity: "erp.sales_order", Do: sihe.DoCreate, Writer: "crm"}
	first := b.must(b.write(w, order("CO-1", "C001", "P-GP30", "1", "2599.00")))
	again := b.must(b.write(w, order("CO-1", "C001", "P-GP30", "1", "2599.00")))
	if first.Key != again.Key {
		t.Errorf("%s and %s", first.Key, again.Key)
	}
	w.ID = "two"
	if r, err := b.write(w, order("CO-1", "C001", "P-GP30", "1", "2599.00")); err == nil && r.Key != first.Key {
		t.Errorf("a second order %s of the same source", r.Key)
	}
	b.level("P-GP30@WH-FG", "6", "1", "5")
}

// An order in a currency that cost and credit are not in is for people to decide, and nothing is bought in one.
func TestForeignCurrency(t *testing.T) {
	b := newBench(t)
	seed(b)
	o := order("CO-1", "C001", "P-GP30", "1", "900.00")
	o["currency"] = "USD"
	want(t, b.get("/sales_order/"+b.create("erp.sales_order", o)), "state", "held", "hold_reason", "credit, margin")
	b.refuse("/purchase_order", record{"supplier": "S001", "currency": "USD", "lines": []record{{"line_no": 1, "item": "M-MOT75", "quantity": "7", "unit_price": "200.00"}}}, sihe.CodeCurrencyDiffers)
}

// NEG-07: whoever edits takes the order back; the answer to the old content is refused.
func TestEditWhilePending(t *testing.T) {
	b := newBench(t)
	seed(b)
	po := at(b.post("/purchase_order", record{"supplier": "S001", "lines": []record{{"line_no": 1, "item": "M-MOT75", "quantity": "7", "unit_price": "1350.00"}}}), "order_no")
	old := at(b.post("/purchase_order/"+po+"/submit", nil), "content_hash")
	if status, _ := b.call("PATCH", "/purchase_order/"+po, record{"note": "改价"}); status < 400 {
		t.Errorf("an order under approval was edited: %d", status)
	}
	b.post("/purchase_order/"+po+"/change", nil)
	want(t, b.get("/purchase_order/"+po), "state", "draft", "revision", "2", "approval_status", "none", "recalled_approval", "AR-"+po+"-1")
	if err := b.decide("purchase_order", po, 1000002, "approved", old); sihe.CodeOf(err) != sihe.CodeHashMismatch {
		t.Errorf("late approval: %v", err)
	}
	want(t, b.get("/purchase_order/"+po), "state", "draft")
	want(t, b.post("/purchase_order/"+po+"/submit", nil), "recalled_approval", "") // there is a new question
	want(t, b.post("/purchase_order/"+po+"/cancel", nil), "state", "cancelled", "recalled_approval", "AR-"+po+"-2")
}

// Only a question that is still open is recalled.
func TestRecall(t *testing.T) {
	b := newBench(t)
	seed(b)
	lines := []record{{"line_no": 1, "item": "M-MOT75", "quantity": "7", "unit_price": "1350.00"}}
	po := at(b.post("/purchase_order", record{"supplier": "S001", "lines": lines}), "order_no")
	b.post("/purchase_order/"+po+"/submit", nil)
	if err := b.decide("purchase_order", po, 1000002, "rejected", at(b.get("/purchase_order/"+po), "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get("/purchase_order/"+po), "state", "draft", "revision", "2", "recalled_approval", "")
	b.post("/purchase_order/"+po+"/submit", nil)
	b.post("/purchase_order/"+po+"/change", nil)
	want(t, b.post("/purchase_order/"+po+"/cancel", nil), "recalled_approval", "") // it was recalled when it was changed

	pr := at(b.post("/purchase_requisition", record{"lines": []record{{"line_no": 1, "item": "M-MOT75", "quantity": "7"}}}), "requisition_no")
	b.post("/purchase_requisition/"+pr+"/submit", nil)
	want(t, b.post("/purchase_requisition/"+pr+"/change", nil), "state", "draft", "recalled_approval", "AR-"+pr+"-1")
	b.post("/purchase_requisition/"+pr+"/submit", nil)
	if err := b.decide("purchase_requisition", pr, 2000002, "withdrawn", at(b.get("/purchase_requisition/"+pr), "content_hash")); err != nil {
		t.Fatal(err)
	}
	want(t, b.get("/purchase_requisition/"+pr), "state", "draft", "revision", "3", "recalled_approval", "")
	want(t, b.get("/stock_level/M-MOT75@WH-RM"), "requested_quantity", "0")
	b.post("/purchase_requisition/"+pr+"/submit", nil)
	want(t, b.post("/purchase_requisition/"+pr+"/cancel", nil), "recalled_approval", "AR-"+pr+"-3")

	so := "/sales_order/" + b.create("erp.sales_order", order("CO-1", "C002", "P-CP200", "12", "6000.00"))
	want(t, b.get(so), "state", "held", "hold_count", "1", "recalled_approval", "")
	want(t, b.post(so+"/recheck", nil), "state", "held", "hold_count", "2", "recalled_approval", "AR-SO-2026-0001-1")
	want(t, b.post(so+"/cancel", nil), "state", "cancelled", "recalled_approval", "AR-SO-2026-0001-2")
}

// NEG-15: cancelled before release, everything is as before.
func TestCancelBeforeRelease(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C003", "P-BS1", "1", "16000.00"))
	want(t, b.get("/sales_order/"+so), "state", "accepted", "prepaid", "true") // waits for the prepayment
	b.level("P-BS1@WH-FG", "1", "1", "0")
	b.must(b.write(sihe.Write{Entity: "erp.sales_order", Do: "cancel", Key: so, Writer: "crm"}, record{}))
	want(t, b.get("/sales_order/"+so), "state", "cancelled")
	b.level("P-BS1@WH-FG", "1", "0", "1")
	for _, open := range []string{"/reservation?state=active", "/production_order?state=planned", "/purchase_requisition?state=submitted", "/order_promise?state=computed"} {
		if n := len(b.get(open)["items"].([]any)); n != 0 {
			t.Errorf("%s: %d documents are left open", open, n)
		}
	}
}

// A prepaid order is released by its payment.
func TestPrepaid(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C003", "P-BS1", "1", "16000.00"))
	pay := func(version int64, amount string) {
		b.must(b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoWriteBack, Key: so, Writer: "finance", Version: version}, record{"paid_amount": amount, "ledger_version": version}))
	}
	pay(1, "8000.00")
	want(t, b.get("/sales_order/"+so), "state", "accepted")
	pay(2, "16000.00")
	want(t, b.get("/sales_order/"+so), "state", "released")
}

// Cancelling a released order takes back work, requisition and reservations.
func TestCancelReleased(t *testing.T) {
	b := newBench(t)
	seed(b)
	before := b.get("/reports/stock_value")["lines"]
	b.on(3, 5)
	so := b.create("erp.sales_order", firstOrder(record{"release_policy": "order"}))
	want(t, b.get("/sales_order/"+so), "state", "released")
	want(t, b.get("/purchase_requisition/PR-2026-0001"), "state", "submitted")
	b.post("/sales_order/"+so+"/cancel", nil)
	want(t, b.get("/purchase_requisition/PR-2026-0001"), "state", "cancelled")
	want(t, b.get("/production_order/WO-2026-0001"), "state", "cancelled")
	for _, x := range []string{"M-MOT75", "M-SEAL", "M-CAST"} {
		want(t, b.get("/stock_level/"+x+"@WH-RM"), "requested_quantity", "0", "required_quantity", "0", "reserved_quantity", "0")
	}
	if after := b.get("/reports/stock_value")["lines"]; at(after, "0.reserved_quantity") != at(before, "0.reserved_quantity") {
		t.Errorf("before %v, after %v", before, after)
	}
}

// A contract that is taken back stops what has not left yet.
func TestContractTakenBack(t *testing.T) {
	b := newBench(t)
	seed(b)
	contract := func(version int64, state string) {
		b.copied("crm.contract", "CT-2026-0001", version, record{
			"contract_no": "CT-2026-0001", "title": "供水设备", "customer": "C001", "owner": "E001", "state": state, "currency": "CNY",
		})
	}
	contract(4, "signed")
	so := b.create("erp.sales_order", firstOrder(nil))
	want(t, b.get("/sales_order/"+so), "state", "released")
	dn := at(b.post("/delivery", record{"sales_order": so, "lines": []record{{"so_line": 2, "quantity": "1"}}}), "delivery_no")
	contract(5, "draft")
	b.refuse("/delivery/"+dn+"/post", nil, sihe.CodeOrderNotReleased)
	contract(6, "approved")
	b.post("/delivery/"+dn+"/post", nil)
	b.refuse("/sales_order/"+so+"/cancel", nil, sihe.CodeGuard)
}
