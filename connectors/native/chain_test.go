package native_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// One order from draft to closed: events in the order of what happened, each with its own version.
func TestChainOfActions(t *testing.T) {
	m := started(t)
	want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/submit", `{"note":"soon"}`, "Sihe-Actor", "E001")
	w := sihe.Write{
		ID: "wb-1", Entity: "erp.purchase_order", Do: sihe.DoWriteBack, Key: "PO-2026-0001", Writer: "oa", Version: 5,
		Data: []byte(`{"approval_status":"approved","approval_no":"AR-1"}`), Time: today, CausationID: "cause", Hops: 2,
	}
	if r, err := m.Write(t.Context(), w); err != nil || r.Unchanged || r.Stale || r.Version != 3 {
		t.Fatal(r, err)
	}
	want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/receive", `{"received":true}`)
	all, _ := drain(t, m, nil)
	got := names(all)
	expected := []string{
		"supplier S001 created", "purchase_order PO-2026-0001 draft", "purchase_order PO-2026-0001 submitted",
		"purchase_order PO-2026-0001 released", "purchase_order PO-2026-0001 released",
		"receipt GR-2026-0001 created", "stock A@main created", "receipt GR-2026-0002 created", "stock B@main created",
		"purchase_order PO-2026-0001 closed",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Fatal(diff)
	}
	ids := map[string]bool{}
	last := map[string]int64{}
	for _, r := range all {
		if ids[r.ID] || r.Version != last[r.Key]+1 || !r.Canonical {
			t.Errorf("event %s %s v%d: repeated or out of order", r.Key, r.Name, r.Version)
		}
		ids[r.ID], last[r.Key] = true, r.Version
	}
	if r := all[3]; r.CausationID != "cause" || r.Hops != 2 || r.CorrelationID != "PO-2026-0001" {
		t.Errorf("the write-back's event is %+v", r)
	}
	if r := all[5]; r.CorrelationID != "PO-2026-0001" {
		t.Errorf("the receipt stands in chain %q", r.CorrelationID)
	}
	if r := all[6]; r.CorrelationID != "A@main" {
		t.Errorf("stock is master data, but stands in chain %q", r.CorrelationID)
	}
	d := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", "")
	if d.text("state") != "closed" || d.text("net_total") != "21.99" || d.text("order_date") != "2026-03-06" || d.text("note") != "soon" {
		t.Error(d.raw)
	}
}

// A rejection takes the order back to draft under a new revision, so its hash changes.
func TestAutomaticActionRunsItsRule(t *testing.T) {
	m := started(t)
	before := want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/submit", "")
	w := sihe.Write{ID: "wb-1", Entity: "erp.purchase_order", Do: sihe.DoWriteBack, Key: "PO-2026-0001", Writer: "oa", Data: []byte(`{"approval_status":"rejected"}`)}
	if _, err := m.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	after := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", "")
	if after.text("state") != "draft" || after.body["revision"] != 2.0 || after.text("content_hash") == before.text("content_hash") {
		t.Fatal(after.raw)
	}
	// Submitted again it would be sent back at once, as the answer still says rejected.
	again := want(t, 200, m, "POST", "/purchase_order/PO-2026-0001/submit", "")
	if again.text("state") != "draft" || again.body["revision"] != 3.0 {
		t.Fatal(again.raw)
	}
}

// A rule that refuses keeps nothing of the transaction: no document, no number, no event.
func TestRefusingRuleRollsBack(t *testing.T) {
	m := started(t)
	before, cursor := drain(t, m, nil)
	r := want(t, 403, m, "POST", "/purchase_order/PO-2026-0001/submit", `{"note":"refuse"}`)
	if r.text("error", "code") != "BOUNDARY_VIOLATION" || r.text("error", "path") != "note" {
		t.Error(r.raw)
	}
	if all, _ := drain(t, m, cursor); len(all) != 0 {
		t.Errorf("%v after %v", names(all), names(before))
	}
	want(t, 404, m, "GET", "/supplier/S002", "")
	if d := want(t, 200, m, "GET", "/purchase_order/PO-2026-0001", ""); d.text("state") != "draft" || d.text("note") != "" {
		t.Error(d.raw)
	}
	if s := want(t, 201, m, "POST", "/supplier", `{"name":"Next"}`); s.text("supplier_no") != "S002" {
		t.Error("the refused number was used up:", s.raw)
	}
}

// A guard that does not hold says why and leaves the document as it was.
func TestGuard(t *testing.T) {
	m := started(t)
	want(t, 201, m, "POST", "/purchase_order", `{"supplier":"S001"}`)
	r := want(t, 409, m, "POST", "/purchase_order/PO-2026-0002/submit", `{"note":"x"}`, "Accept-Language", "zh-CN")
	if r.text("error", "code") != "GUARD" || r.text("error", "message") != "操作条件不满足：采购订单金额必须大于零" {
		t.Error(r.raw)
	}
	if d := want(t, 200, m, "GET", "/purchase_order/PO-2026-0002", ""); d.text("note") != "" || d.header.Get("ETag") != `"1"` {
		t.Error(d.raw)
	}
}

func TestJobAndReport(t *testing.T) {
	m := started(t)
	want(t, 200, m, "POST", "/jobs/rename", "")
	if d := want(t, 200, m, "GET", "/supplier/S001", ""); d.text("name") != "ACME" || d.text("updated_by") != "job:rename" {
		t.Error(d.raw)
	}
	if err := m.RunJob(t.Context(), "rename"); err != nil {
		t.Error(err)
	}
	if d := want(t, 200, m, "GET", "/supplier/S001", ""); d.body["version"] != 2.0 {
		t.Error("saving what has not changed made a version:", d.raw)
	}
	want(t, 404, m, "POST", "/jobs/none", "")
	want(t, 404, m, "GET", "/reports/none", "")
	want(t, 404, m, "GET", "/reports/stock?key=A@main", "")
	mustCode(t, m.RunJob(t.Context(), "none"), sihe.CodeJobUnknown, sihe.ClassPermanent)
}

// Formulas may read what the kit keeps; they follow it.
func TestFormulaOverState(t *testing.T) {
	m := open(t, fixture(t))
	if r := want(t, 201, m, "POST", "/badge", `{}`); r.text("shown") != "new!" {
		t.Error(r.raw)
	}
	if r := want(t, 200, m, "POST", "/badge/B01/wear", ""); r.text("shown") != "worn!" {
		t.Error(r.raw)
	}
}
