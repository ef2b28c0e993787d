package erp_test

import (
	"testing"

	"github.com/sihehub/sihe"
)

// TestStory is the ERP part of suite.md 6.2 with its numbers.
func TestStory(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.opened()
	so := b.ordered()
	b.requisitioned()
	b.purchased()
	b.received()
	b.produced()
	b.shipped()
	b.serviced()
	b.returned()
	want(t, b.get("/sales_order/"+so), "state", "completed", "fulfilment_status", "full")
}

// opened is step 1.
func (b *bench) opened() {
	b.t.Helper()
	want(b.t, b.get("/reports/stock_value"), "raw", "21940.00", "finished", "63310.00", "other", "0", "work_in_progress", "0")
	b.level("P-CP100@WH-FG", "12", "0", "12")
	want(b.t, b.get("/stock_level/M-SEAL@WH-RM"), "average_cost", "80")
}

func firstOrder(changes record) record {
	o := record{
		"source_order": "CO-2026-0001", "source_revision": 1, "buyer": "C001", "contract": "CT-2026-0001", "order_date": "2026-03-05",
		"currency": "CNY", "salesperson": "E001",
		"lines": []record{
			{"line_no": 1, "item": "P-CP100", "quantity": "20", "unit_price": "4750.00", "tax_rate": "0.13"},
			{"line_no": 2, "item": "P-SP50", "quantity": "5", "unit_price": "3028.40", "tax_rate": "0.13"},
			{"line_no": 3, "item": "S-COMM", "quantity": "1", "unit_price": "3180.00", "tax_rate": "0.06"},
		},
		"source_gross_total": "113322.00", "source_net_total": "100470.80", "source_tax_total": "12851.20",
	}
	for k, v := range changes {
		o[k] = v
	}
	return o
}

// ordered is steps 7 to 10: the order is checked, promised and, once the contract is approved, released.
func (b *bench) ordered() string {
	b.t.Helper()
	b.on(3, 5)
	so := b.create("erp.sales_order", firstOrder(nil))
	want(b.t, b.get("/sales_order/"+so),
		"state", "accepted", "order_no", "SO-2026-0001", "gross_total", "113322.00", "net_total", "100470.80", "tax_total", "12851.20",
		"lines.0.gross", "95000.00", "lines.0.net", "84070.80", "lines.0.tax", "10929.20",
		"lines.1.gross", "15142.00", "lines.1.net", "13400.00", "lines.1.tax", "1742.00",
		"lines.2.gross", "3180.00", "lines.2.net", "3000.00", "lines.2.tax", "180.00",
		"lines.0.reserved_quantity", "12", "lines.0.to_make_quantity", "8", "lines.1.reserved_quantity", "5",
		"estimated_cost", "53710.00", "estimated_margin", "46760.80", "margin_rate", "0.465417",
		"promised_date", "2026-03-25", "fulfilment_status", "none", "correlation_id", "CO-2026-0001")
	b.level("P-CP100@WH-FG", "12", "12", "0")
	b.level("P-SP50@WH-FG", "8", "5", "3")
	b.promised(so)
	want(b.t, b.get("/production_order/WO-2026-0001"), "state", "planned", "planned_quantity", "8", "planned_cost", "18560.00",
		"planned_start", "2026-03-20", "planned_hours", "16", "sales_order", so, "firm", "false", "correlation_id", "CO-2026-0001")
	b.refuse("/delivery", record{"sales_order": so}, sihe.CodeOrderNotReleased) // NEG-08
	b.refuse("/production_order/WO-2026-0001/release", nil, sihe.CodeOrderNotReleased)

	b.copied("crm.contract", "CT-2026-0001", 4, record{
		"contract_no": "CT-2026-0001", "title": "供水设备", "customer": "C001", "owner": "E001", "state": "approved", "currency": "CNY",
	})
	want(b.t, b.get("/sales_order/"+so), "state", "released")
	want(b.t, b.get("/production_order/WO-2026-0001"), "firm", "true")
	return so
}

// promised is step 9 with the table of 6.3.
func (b *bench) promised(so string) {
	b.t.Helper()
	p := b.get("/order_promise/" + at(b.get("/sales_order/"+so), "promise"))
	want(b.t, p, "capacity_hours", "16", "estimated_cost", "53710.00", "estimated_margin", "46760.80", "promised_date", "2026-03-25",
		"lines.0.reserve_quantity", "12", "lines.0.make_quantity", "8", "lines.1.reserve_quantity", "5")
	for _, m := range p["materials"].([]any) {
		w := map[string][4]string{"M-SEAL": {"2", "6", "10", "6"}, "M-MOT75": {"5", "7", "7", "3"}, "M-PKG": {"0", "0", "0", "30"}}[at(m, "item")]
		if w == [4]string{} {
			w = [4]string{"0", "0", "0", "10"}
		}
		want(b.t, m.(record), "required_quantity", "8", "short_quantity", w[0], "net_quantity", w[1], "suggest_quantity", w[2], "available_quantity", w[3])
	}
	want(b.t, b.get("/reports/promise?sales_order="+so), "lines.0.explanation",
		"12 of 20 from stock (12 available); 8 to make: material complete on 2026-03-19 (M-MOT75 short by 5, to purchase 7, lead time 14 days), work from 2026-03-20 to 2026-03-20, ready on 2026-03-25")
}

// requisitioned is step 12.
func (b *bench) requisitioned() {
	b.t.Helper()
	want(b.t, b.get("/purchase_requisition/PR-2026-0001"), "state", "submitted", "estimated_amount", "9900.00",
		"lines.0.item", "M-MOT75", "lines.0.quantity", "7", "lines.1.item", "M-SEAL", "lines.1.quantity", "10")
	want(b.t, b.get("/stock_level/M-MOT75@WH-RM"), "requested_quantity", "7", "required_quantity", "8")
	b.on(3, 6)
	b.refuse("/purchase_order/"+b.buy("S001", "1420.00")+"/submit", nil, sihe.CodeNotApproved)
	b.approve("purchase_requisition", "PR-2026-0001", 1000001)
	want(b.t, b.get("/purchase_requisition/PR-2026-0001"), "state", "approved", "approval_no", "AR-2026-0001")
}

// buy drafts an order for what a supplier can deliver of the requisition, at a price.
func (b *bench) buy(supplier, price string) string {
	b.t.Helper()
	line := map[string]int{"S001": 1, "S002": 2}[supplier]
	item := map[string]record{"S001": {"item": "M-MOT75", "quantity": "7"}, "S002": {"item": "M-SEAL", "quantity": "10"}}[supplier]
	item["line_no"], item["unit_price"], item["requisition_line"] = 1, price, line
	return at(b.post("/purchase_order", record{"supplier": supplier, "requisition": "PR-2026-0001", "lines": []record{item}}), "order_no")
}

// purchased is steps 13 to 15, with NEG-07 between.
func (b *bench) purchased() {
	b.t.Helper()
	const po = "PO-2026-0001"
	b.post("/purchase_order/"+po+"/submit", nil)
	doc := b.get("/purchase_order/" + po)
	want(b.t, doc, "net_total", "9940.00", "tax_total", "1292.20", "gross_total", "11232.20", "lines.0.last_price", "1300.00",
		"price_change_rate", "0.092308", "new_supplier", "true")
	want(b.t, b.get("/stock_level/M-MOT75@WH-RM"), "requested_quantity", "0", "incoming_quantity", "7")
	if err := b.decide("purchase_order", po, 1000002, "rejected", at(doc, "content_hash")); err != nil {
		b.t.Fatal(err)
	}
	want(b.t, b.get("/purchase_order/"+po), "state", "draft", "revision", "2", "approval_status", "rejected")
	want(b.t, b.get("/stock_level/M-MOT75@WH-RM"), "requested_quantity", "7", "incoming_quantity", "0")

	b.on(3, 7)
	b.patch("/purchase_order/"+po, record{"lines": []record{{"line_no": 1, "item": "M-MOT75", "quantity": "7", "unit_price": "1350.00", "requisition_line": 1}}})
	b.post("/purchase_order/"+po+"/submit", nil)
	want(b.t, b.get("/purchase_order/"+po), "state", "submitted", "approval_status", "none", "net_total", "9450.00", "gross_total", "10678.50", "price_change_rate", "0.038462")

	other := b.buy("S002", "85.00")
	b.post("/purchase_order/"+other+"/submit", nil)
	want(b.t, b.get("/purchase_order/"+other), "order_no", "PO-2026-0002", "net_total", "850.00", "tax_total", "110.50", "gross_total", "960.50")
	b.approve("purchase_order", other, 1000001)
	b.approve("purchase_order", po, 2000002)
	want(b.t, b.get("/purchase_order/"+po), "state", "released")
	want(b.t, b.get("/purchase_requisition/PR-2026-0001"), "state", "ordered", "lines.0.ordered_quantity", "7")
	want(b.t, b.get("/item/M-MOT75"), "last_purchase_price", "1350.00")
}

// received is step 18.
func (b *bench) received() {
	b.t.Helper()
	b.on(3, 13)
	motors := b.post("/goods_receipt", record{"purchase_order": "PO-2026-0001"})
	b.post("/goods_receipt/"+at(motors, "receipt_no")+"/post", nil)
	want(b.t, b.get("/goods_receipt/GR-2026-0001"), "state", "posted", "value_total", "9450.00", "supplier", "S001")
	seals := record{"purchase_order": "PO-2026-0002", "lines": []record{{
		"po_line": 1, "received_quantity": "10", "accepted_quantity": "9", "rejected_quantity": "0", "rejection_reason": "划伤",
	}}}
	b.post("/goods_receipt", seals)
	b.refuse("/goods_receipt/GR-2026-0002/post", nil, sihe.CodeReceiptQuantity)
	seals["lines"].([]record)[0]["rejected_quantity"] = "1"
	b.patch("/goods_receipt/GR-2026-0002", record{"lines": seals["lines"]})
	b.post("/goods_receipt/GR-2026-0002/post", nil)
	want(b.t, b.get("/goods_receipt/GR-2026-0002"), "value_total", "765.00")
	want(b.t, b.get("/stock_level/M-MOT75@WH-RM"), "on_hand_quantity", "10", "value", "13350.00", "average_cost", "1335")
	want(b.t, b.get("/stock_level/M-SEAL@WH-RM"), "on_hand_quantity", "15", "value", "1245.00", "average_cost", "83", "incoming_quantity", "1")
	want(b.t, b.get("/purchase_order/PO-2026-0001"), "state", "received", "receipt_status", "full", "lines.0.accepted_value", "9450.00")
	want(b.t, b.get("/purchase_order/PO-2026-0002"), "state", "released", "receipt_status", "partial", "lines.0.rejected_quantity", "1")
}

// produced is steps 22 and 23.
func (b *bench) produced() {
	b.t.Helper()
	const wo = "/production_order/WO-2026-0001"
	b.on(3, 16)
	b.post(wo+"/release", nil)
	want(b.t, b.get(wo), "state", "released", "readiness", "ready", "materials.4.reserved_quantity", "8")
	b.level("M-MOT75@WH-RM", "10", "8", "2")
	b.on(3, 17)
	b.post(wo+"/pick", nil)
	issue := b.get("/material_issue/MI-2026-0001")
	want(b.t, issue, "cost_total", "17664.00", "raw_cost", "17664.00", "production_order", "WO-2026-0001")
	for _, l := range issue["lines"].([]any) {
		cost := map[string]string{"M-CAST": "3360", "M-IMP": "1440", "M-SHAFT": "1200", "M-SEAL": "664", "M-MOT75": "10680", "M-PKG": "320"}
		want(b.t, l.(record), "cost", cost[at(l, "item")], "quantity", "8")
	}
	b.on(3, 18)
	b.post(wo+"/report", record{"report": record{"hours": "16.00", "good": "8"}})
	b.post(wo+"/report", record{"report": record{"hours": "1.00", "rework": "1", "note": "返工"}})
	want(b.t, b.get("/production_report/PRT-2026-0001"), "labour_cost", "720.00", "overhead_cost", "480.00")
	b.on(3, 19)
	b.post(wo+"/complete", record{"good_quantity": "8"})
	want(b.t, b.get(wo), "state", "completed", "actual_material_cost", "17664.00", "actual_labour_cost", "765.00", "actual_overhead_cost", "510.00",
		"completed_cost", "18939.00", "unit_cost", "2367.375", "variance", "379.00", "material_variance", "304.00", "labour_variance", "45.00", "overhead_variance", "30.00")
	b.level("P-CP100@WH-FG", "20", "20", "0")
	want(b.t, b.get("/stock_level/P-CP100@WH-FG"), "value", "46539.00", "average_cost", "2326.95")
	want(b.t, b.get("/sales_order/SO-2026-0001"), "lines.0.reserved_quantity", "20", "lines.0.to_make_quantity", "0")
}

// shipped is step 25.
func (b *bench) shipped() {
	b.t.Helper()
	b.on(3, 20)
	b.patch("/item/P-CP100", record{"inspect_out": true})
	dn := record{"sales_order": "SO-2026-0001", "lines": []record{{"so_line": 1, "quantity": "15"}, {"so_line": 2, "quantity": "5"}}}
	b.post("/delivery", dn)
	b.refuse("/delivery/DN-2026-0001/post", nil, sihe.CodeInspectionMissing)
	b.inspect("outgoing", "DN-2026-0001", "P-CP100", "15")
	b.post("/delivery/DN-2026-0001/post", nil)
	b.post("/delivery/DN-2026-0001/sign", record{"signed_date": "2026-03-20", "signed_by": "华东水务"})
	want(b.t, b.get("/delivery/DN-2026-0001"), "state", "signed", "gross_total", "86392.00", "net_total", "76453.10", "tax_total", "9938.90",
		"goods_cost", "42154.25", "lines.0.cost", "34904.25", "lines.1.cost", "7250.00", "buyer", "C001", "contract", "CT-2026-0001")
	b.level("P-CP100@WH-FG", "5", "5", "0")
	want(b.t, b.get("/sales_order/SO-2026-0001"), "state", "released", "fulfilment_status", "partial", "lines.0.delivered_quantity", "15")
}

func (b *bench) inspect(kind, source, item, quantity string) {
	b.t.Helper()
	qi := b.post("/quality_inspection", record{"kind": kind, "source_key": source, "lines": []record{
		{"item": item, "inspected_quantity": quantity, "qualified_quantity": quantity},
	}})
	b.post("/quality_inspection/"+at(qi, "inspection_no")+"/complete", nil)
}

// serviced is step 27: the commissioning rides on the second delivery.
func (b *bench) serviced() {
	b.t.Helper()
	b.on(3, 25)
	sc := b.create("erp.service_confirmation", record{"source_service": "SV-2026-0001", "source_order": "CO-2026-0001", "so_line": 3, "hours": "6.00", "performed_on": "2026-03-25"})
	want(b.t, b.get("/service_confirmation/"+sc), "state", "confirmed", "cost", "300.00", "quantity", "1")
	b.post("/delivery", record{"sales_order": "SO-2026-0001"})
	b.inspect("outgoing", "DN-2026-0002", "P-CP100", "5")
	b.post("/delivery/DN-2026-0002/post", nil)
	b.post("/delivery/DN-2026-0002/sign", nil)
	want(b.t, b.get("/delivery/DN-2026-0002"), "gross_total", "26930.00", "net_total", "24017.70", "tax_total", "2912.30", "goods_cost", "11634.75",
		"service_cost", "300.00", "cost_total", "11934.75", "lines.1.item", "S-COMM", "lines.0.net", "21017.70", "signed_date", "2026-03-25")
	want(b.t, b.get("/service_confirmation/"+sc), "state", "billed", "delivery", "DN-2026-0002")
	b.level("P-CP100@WH-FG", "0", "0", "0")
	want(b.t, b.get("/stock_level/P-CP100@WH-FG"), "value", "0")
	want(b.t, b.get("/reports/stock_value"), "raw", "14491.00", "finished", "28460.00", "work_in_progress", "0")
}

// returned is NEG-09 and steps 35, 36, with the stocktake of step 29 before.
func (b *bench) returned() {
	b.t.Helper()
	b.on(3, 31)
	cnt := b.post("/stock_count", record{"warehouse": "WH-RM", "lines": []record{{"item": "M-PKG", "counted_quantity": "21"}}})
	b.post("/stock_count/"+at(cnt, "count_no")+"/finish", nil)
	want(b.t, b.get("/stock_count/CNT-2026-0001"), "lines.0.book_quantity", "22", "value_total", "-40.00")
	b.approve("stock_count", "CNT-2026-0001", 1000001)
	want(b.t, b.get("/stock_count/CNT-2026-0001"), "state", "posted")

	b.on(4, 15)
	back := func(quantity string) record {
		return record{"source_return": "RMA-" + quantity, "delivery": "DN-2026-0002", "lines": []record{{"line_no": 1, "item": "P-CP100", "quantity": quantity}}}
	}
	_, err := b.write(sihe.Write{Entity: "erp.return_receipt", Do: sihe.DoCreate, Writer: "crm"}, back("21"))
	if sihe.CodeOf(err) != sihe.CodeReturnQuantity || sihe.ClassOf(err) != sihe.ClassRejected {
		b.t.Fatalf("21 of 5: %v", err)
	}
	rr := b.create("erp.return_receipt", back("1"))
	b.on(4, 18)
	b.refuse("/return_receipt/"+rr+"/receive", nil, sihe.CodeInspectionMissing)
	b.post("/return_receipt/"+rr+"/receive", record{"inspection_result": "repair"})
	want(b.t, b.get("/return_receipt/"+rr), "receipt_no", "RR-2026-0001", "state", "received", "cost_total", "2326.95", "gross_total", "4750.00",
		"net_total", "4203.54", "tax_total", "546.46", "warehouse", "WH-QH", "received_on", "2026-04-18")
	b.level("P-CP100@WH-QH", "1", "0", "0")
	want(b.t, b.get("/sales_order/SO-2026-0001"), "lines.0.returned_quantity", "1")

	b.on(4, 20)
	cv := b.post("/stock_conversion", record{
		"from_item": "P-CP100", "from_warehouse": "WH-QH", "from_quantity": "1", "to_item": "P-CP100R", "to_warehouse": "WH-FG", "to_quantity": "1",
	})
	b.post("/stock_conversion/"+at(cv, "conversion_no")+"/post", nil)
	b.level("P-CP100R@WH-FG", "1", "0", "1")
	want(b.t, b.get("/reports/stock_value"), "raw", "14451.00", "finished", "30786.95")
}
