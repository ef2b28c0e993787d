package erp_test

import (
	"context"
	"testing"

	"github.com/sihehub/sihe"
)

// A work order by hand: planned with its cost, inspected at the end; scrap keeps its share of the cost out of stock.
func TestManualWork(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.patch("/item/P-GP30", record{"inspect_final": true})
	wo := "/production_order/" + at(b.post("/production_order", record{"item": "P-GP30", "planned_quantity": "4"}), "order_no")
	want(t, b.get(wo), "state", "planned", "source", "manual", "planned_material_cost", "4400.00", "planned_cost", "4700.00", "planned_start", "2026-03-02")
	want(t, b.get("/stock_level/M-MOT22@WH-RM"), "required_quantity", "4")
	b.refuse(wo+"/pick", nil, sihe.CodeNotInState)
	b.post(wo+"/release", nil)
	want(t, b.get("/stock_level/M-MOT22@WH-RM"), "required_quantity", "0", "reserved_quantity", "4")
	b.post(wo+"/pick", nil)
	b.refuse(wo+"/pick", nil, sihe.CodeMaterialShort)
	b.refuse(wo+"/report", nil, sihe.CodeCompletedQuantity)
	b.post(wo+"/report", record{"report": record{"hours": "4", "worked_on": "2026-03-02"}})
	b.refuse(wo+"/complete", record{"good_quantity": "3", "scrap_quantity": "2"}, sihe.CodeCompletedQuantity)
	b.refuse(wo+"/complete", record{"good_quantity": "3", "scrap_quantity": "1"}, sihe.CodeInspectionMissing)
	b.inspect("final", at(b.get(wo), "order_no"), "P-GP30", "3")
	b.post(wo+"/complete", record{"good_quantity": "3", "scrap_quantity": "1"})
	want(t, b.get(wo), "actual_cost", "4700.00", "completed_cost", "3525.00", "unit_cost", "1175")
	want(t, b.get("/reports/stock_value"), "work_in_progress", "1175.00")
	b.level("P-GP30@WH-FG", "9", "0", "9")
}

// A work order below another one is cancelled with it, and both give back what they claimed.
func TestCancelWork(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "900000.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	b.create("erp.sales_order", order("CO-1", "C001", "P-CP100", "12", "4750.00"))
	wo := "/production_order/" + at(b.post("/production_order", record{"item": "P-BS1", "planned_quantity": "1"}), "order_no")
	want(t, b.get("/production_order/WO-2026-0002"), "item", "P-CP100", "planned_quantity", "2", "source", "parent")
	want(t, b.get("/stock_level/M-CAST@WH-RM"), "required_quantity", "2")
	want(t, b.get("/work_load/WC-A@2026-03-02"), "hours", "4")
	b.post(wo+"/cancel", nil)
	want(t, b.get("/work_load/WC-A@2026-03-02"), "hours", "0")
	want(t, b.get("/production_order/WO-2026-0002"), "state", "cancelled")
	for _, key := range []string{"M-CAST@WH-RM", "M-CTRL@WH-RM"} {
		want(t, b.get("/stock_level/"+key), "required_quantity", "0")
	}
}

func TestBillOfMaterialCycle(t *testing.T) {
	b := newBench(t)
	seed(b)
	bom := at(b.post("/bom", record{"item": "P-CP100", "edition": "2", "lines": []record{{"item": "P-BS1", "quantity": "1"}}}), "bom_no")
	b.refuse("/bom/"+bom+"/release", nil, sihe.CodeBOMCycle)
}

func TestJobs(t *testing.T) {
	b := newBench(t)
	seed(b)
	run := func(name string) {
		t.Helper()
		if err := b.module.RunJob(context.Background(), name); err != nil {
			t.Fatal(err)
		}
	}
	run("roll-up-costs")
	for item, cost := range map[string]string{"P-CP100": "2320.00", "P-CP200": "2655.00", "P-SP50": "1450.00", "P-GP30": "1175.00", "P-BS1": "6440.00"} {
		want(t, b.get("/item/"+item), "standard_cost", cost)
	}
	run("reorder")
	if n := len(b.list("/purchase_requisition")); n != 0 {
		t.Fatalf("%d requisitions, although all stock is above safety", n)
	}
	m := b.post("/stock_move", record{"move_type": "other_out", "item": "M-SEAL", "from_location": "WH-RM", "to_location": "other", "quantity": "3"})
	b.post("/stock_move/"+at(m, "move_no")+"/post", nil)
	run("reorder")
	want(t, b.get("/purchase_requisition/PR-2026-0001"), "state", "submitted", "reason", "safety_stock", "lines.0.item", "M-SEAL", "lines.0.quantity", "10")
	run("reorder") // what is requested counts
	if n := len(b.list("/purchase_requisition")); n != 1 {
		t.Errorf("%d requisitions", n)
	}
}

// A promise can be asked for without an order, and reserves nothing.
func TestSimulatedPromise(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.on(3, 5)
	want(t, b.get("/reports/promise?item=P-CP100&quantity=20"), "promised_date", "2026-03-25", "lines.0.reserve_quantity", "12", "lines.0.make_quantity", "8")
	b.level("P-CP100@WH-FG", "12", "0", "12")
	b.post("/work_center", record{"work_center_no": "WC-B", "name": "二车间", "capacity_hours": "8"})
	b.patch("/work_center/WC-A", record{"exceptions": []record{
		{"date": "2026-03-20", "capacity_hours": "0", "reason": "停电"}, {"date": "2026-03-21", "capacity_hours": "10", "reason": "调休"},
	}})
	want(t, b.get("/reports/promise?item=P-CP100&quantity=20"), "promised_date", "2026-03-26") // 10 h on Saturday, 6 h on Monday
}

// What other documents decide is not written by hand, and posted stock moves do not change.
func TestKeptBySystem(t *testing.T) {
	b := newBench(t)
	seed(b)
	b.refuse("/stock_level", record{"item": "M-CAST", "warehouse": "WH-FG", "on_hand_quantity": "5"}, sihe.CodeProjection)
	b.refuse("/reservation", record{"demand": "sales_order", "item": "M-CAST", "warehouse": "WH-RM", "quantity": "5"}, sihe.CodeProjection)
	if status, out := b.call("PATCH", "/stock_level/M-CAST@WH-RM", record{"on_hand_quantity": "99"}); status < 400 {
		t.Errorf("stock was edited: %v", out)
	}
	m := at(b.post("/stock_move", record{"move_type": "sales_out", "item": "M-CAST", "from_location": "WH-RM", "to_location": "customer", "quantity": "1"}), "move_no")
	b.refuse("/stock_move/"+m+"/post", nil, sihe.CodeMoveInvalid)
	if status, out := b.call("PATCH", "/stock_move/SM-2026-000001", record{"quantity": "99"}); status < 400 {
		t.Errorf("a posted move was edited: %v", out)
	}
	for name, move := range map[string]record{
		"more than there is": {"move_type": "other_out", "item": "M-CAST", "from_location": "WH-RM", "to_location": "other", "quantity": "11"},
		"no value":           {"move_type": "other_in", "item": "M-CAST", "from_location": "other", "to_location": "WH-RM", "quantity": "1"},
		"wrong places":       {"move_type": "other_in", "item": "M-CAST", "from_location": "WH-RM", "to_location": "WH-FG", "quantity": "1"},
		"a service":          {"move_type": "other_in", "item": "S-COMM", "from_location": "other", "to_location": "WH-FG", "quantity": "1", "value": "1.00"},
	} {
		no := at(b.post("/stock_move", move), "move_no")
		if status, out := b.call("POST", "/stock_move/"+no+"/post", nil); status < 400 {
			t.Errorf("%s was posted: %v", name, out)
		}
	}
	b.level("M-CAST@WH-RM", "10", "0", "10")
}
