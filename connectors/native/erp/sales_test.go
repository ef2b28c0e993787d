package erp_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sihehub/sihe"
)

// events reads the outbox: which documents entered which state, in order.
func (b *bench) events(entity string) []string {
	b.t.Helper()
	var names []string
	err := b.module.Read(context.Background(), nil, func(r sihe.Record, _ sihe.Cursor) error {
		if r.Entity == entity {
			names = append(names, r.Key+" "+r.Name)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return names
}

// What the pipelines hear of an order that is released at once, shipped and signed.
func TestEvents(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C001", "P-GP30", "2", "2599.00"))
	dn := at(b.post("/delivery", record{"sales_order": so}), "delivery_no")
	b.post("/delivery/"+dn+"/post", nil)
	b.post("/delivery/"+dn+"/sign", nil)
	for entity, want := range map[string][]string{
		"erp.sales_order": {so + " checking", so + " accepted", so + " released", so + " updated", so + " completed"},
		"erp.delivery":    {dn + " draft", dn + " posted", dn + " signed"},
		"erp.reservation": {"RSV-2026-00001 active", "RSV-2026-00001 consumed"},
	} {
		if diff := cmp.Diff(want, b.events(entity)); diff != "" {
			t.Errorf("%s: %s", entity, diff)
		}
	}
}

// A newer revision replaces an order until something of it is delivered.
func TestOrderRevision(t *testing.T) {
	b := newBench(t)
	seed(b)
	revised := func(revision int, quantity string) record {
		o := order("CO-1", "C001", "P-GP30", quantity, "2599.00")
		o["source_revision"] = revision
		return o
	}
	first := b.create("erp.sales_order", revised(1, "5"))
	second := b.create("erp.sales_order", revised(2, "3"))
	want(t, b.get("/sales_order/"+first), "state", "cancelled")
	b.level("P-GP30@WH-FG", "6", "3", "3")
	b.post("/delivery/"+at(b.post("/delivery", record{"sales_order": second, "lines": []record{{"so_line": 1, "quantity": "1"}}}), "delivery_no")+"/post", nil)
	_, err := b.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoCreate, Writer: "crm"}, revised(3, "4"))
	if sihe.CodeOf(err) != sihe.CodeOrderRevision {
		t.Errorf("a partly delivered order was replaced: %v", err)
	}
}

// Shipped and taken back: stock, value and reservation are as before, and it can be shipped again.
func TestDeliveryTakenBack(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C001", "P-GP30", "4", "2599.00"))
	ship := func() string {
		dn := at(b.post("/delivery", record{"sales_order": so}), "delivery_no")
		b.post("/delivery/"+dn+"/post", nil)
		return "/delivery/" + dn
	}
	dn := ship()
	b.level("P-GP30@WH-FG", "2", "0", "2")
	b.post(dn+"/reverse", nil)
	b.level("P-GP30@WH-FG", "6", "4", "2")
	want(t, b.get("/stock_level/P-GP30@WH-FG"), "value", "7050.00")
	want(t, b.get("/sales_order/"+so), "fulfilment_status", "none", "lines.0.reserved_quantity", "4")
	b.post(ship()+"/sign", nil)
	want(t, b.get("/sales_order/"+so), "state", "completed")
}

func TestDeliveryIsRefused(t *testing.T) {
	b := newBench(t)
	seed(b)
	complete := order("CO-1", "C001", "P-GP30", "6", "2599.00")
	complete["shipment_policy"] = "complete"
	so := b.create("erp.sales_order", complete)
	lines := func(quantity string) record {
		return record{"sales_order": so, "lines": []record{{"so_line": 1, "quantity": quantity}}}
	}
	b.refuse("/delivery", lines("7"), sihe.CodeDeliveryQuantity)
	b.refuse("/delivery", record{"sales_order": so, "lines": []record{{"so_line": 9, "quantity": "1"}}}, sihe.CodeLineUnknown)
	part := at(b.post("/delivery", lines("2")), "delivery_no")
	b.refuse("/delivery/"+part+"/post", nil, sihe.CodeDeliveryQuantity)
	b.patch("/delivery/"+part, record{"lines": lines("6")["lines"]})
	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "120000.00", "currency": "CNY", "exposure": "0.00", "hold": true, "hold_reason": "逾期", "state": "held"})
	b.refuse("/delivery/"+part+"/post", nil, sihe.CodeCreditHold)
	b.copied("finance.credit", "C001", 3, record{"party_no": "C001", "limit": "120000.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	b.post("/delivery/"+part+"/post", nil)
	b.refuse("/delivery/"+part+"/post", nil, sihe.CodeNotInState)
}

// A service that is finished after the last goods were signed is billed alone; the order is complete with it.
func TestServiceAfterGoods(t *testing.T) {
	b := newBench(t)
	seed(b)
	o := firstOrder(record{"release_policy": "order"})
	o["lines"] = o["lines"].([]record)[1:]
	for _, total := range []string{"source_gross_total", "source_net_total", "source_tax_total"} {
		delete(o, total)
	}
	so := b.create("erp.sales_order", o)
	dn := at(b.post("/delivery", record{"sales_order": so}), "delivery_no")
	b.refuse("/delivery", record{"sales_order": so, "lines": []record{{"so_line": 3, "quantity": "1"}}}, sihe.CodeServiceUnknown)
	b.post("/delivery/"+dn+"/post", nil)
	b.post("/delivery/"+dn+"/sign", nil)
	want(t, b.get("/sales_order/"+so), "state", "released", "fulfilment_status", "partial")
	b.on(3, 27)
	sc := b.create("erp.service_confirmation", record{"source_service": "SV-1", "source_order": "CO-2026-0001", "hours": "4.50"})
	want(t, b.get("/service_confirmation/"+sc), "state", "billed", "delivery", "DN-2026-0002", "cost", "225.00")
	want(t, b.get("/delivery/DN-2026-0002"), "state", "signed", "gross_total", "3180.00", "net_total", "3000.00", "goods_cost", "0", "service_cost", "225.00", "signed_date", "2026-03-27")
	want(t, b.get("/sales_order/"+so), "state", "completed", "fulfilment_status", "full")

	again := b.create("erp.service_confirmation", record{"source_service": "SV-2", "source_order": "CO-2026-0001", "hours": "1"})
	want(t, b.get("/service_confirmation/"+again), "state", "confirmed", "quantity", "0", "cost", "50.00") // rework costs, but is not billed again
}

// NEG-09 over a whole order: pieces come back from the latest delivery first, and never more than were delivered.
func TestReturnOverDeliveries(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C001", "P-GP30", "5", "2599.00"))
	for _, quantity := range []string{"3", "2"} {
		dn := at(b.post("/delivery", record{"sales_order": so, "lines": []record{{"so_line": 1, "quantity": quantity}}}), "delivery_no")
		b.post("/delivery/"+dn+"/post", nil)
		b.post("/delivery/"+dn+"/sign", nil)
	}
	back := func(source, quantity string) (sihe.Receipt, error) {
		return b.write(sihe.Write{Entity: "erp.return_receipt", Do: sihe.DoCreate, Writer: "crm"}, record{
			"source_return": source, "source_order": "CO-1", "lines": []record{{"item": "P-GP30", "quantity": quantity}},
		})
	}
	rr := b.must(back("RMA-1", "4")).Key
	want(t, b.get("/return_receipt/"+rr), "lines.0.delivery", "DN-2026-0002", "lines.0.quantity", "2", "lines.1.delivery", "DN-2026-0001", "lines.1.quantity", "2",
		"gross_total", "10396.00", "cost_total", "4700.00")
	if _, err := back("RMA-2", "2"); sihe.CodeOf(err) != sihe.CodeReturnQuantity { // one is left, four are announced
		t.Errorf("more is announced than was delivered: %v", err)
	}
	b.post("/return_receipt/"+rr+"/receive", record{"inspection_result": "restock"})
	b.must(back("RMA-2", "1"))
	b.level("P-GP30@WH-QH", "4", "0", "0")
}

// Bought goods that an order waits for are kept for it when they come in.
func TestWaitingOrderIsServed(t *testing.T) {
	b := newBench(t)
	seed(b)
	so := b.create("erp.sales_order", order("CO-1", "C001", "M-MOT22", "8", "2000.00"))
	want(t, b.get("/sales_order/"+so), "state", "released", "lines.0.reserved_quantity", "5", "lines.0.to_buy_quantity", "3", "promised_date", "2026-03-09")
	want(t, b.get("/stock_level/M-MOT22@WH-RM"), "short_quantity", "3", "requested_quantity", "3")
	b.approve("purchase_requisition", "PR-2026-0001", 1000001)
	po := at(b.post("/purchase_order", record{"supplier": "S001", "requisition": "PR-2026-0001"}), "order_no")
	want(t, b.get("/purchase_order/"+po), "lines.0.item", "M-MOT22", "lines.0.quantity", "3", "lines.0.unit_price", "620.00")
	b.post("/purchase_order/"+po+"/submit", nil)
	b.approve("purchase_order", po, 1000001)
	b.post("/goods_receipt/"+at(b.post("/goods_receipt", record{"purchase_order": po}), "receipt_no")+"/post", nil)
	b.level("M-MOT22@WH-RM", "8", "8", "0")
	want(t, b.get("/sales_order/"+so), "lines.0.reserved_quantity", "8", "lines.0.to_buy_quantity", "0")
	want(t, b.get("/stock_level/M-MOT22@WH-RM"), "short_quantity", "0", "requested_quantity", "0", "incoming_quantity", "0")
}
