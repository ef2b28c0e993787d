package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// reportWork books hours at the work centre's rates onto a work order and leaves a production report.
func reportWork(tx *native.Tx, d *native.Doc) error {
	center := d.Text("report.work_center")
	if ops := d.Rows("operations"); center == "" && len(ops) > 0 {
		center = ops[0].Text("work_center")
	}
	hours := d.Decimal("report.hours")
	if hours.Sign() <= 0 || center == "" {
		return sihe.Rejected(sihe.CodeCompletedQuantity, "report work on %s: hours and a work centre are needed", d.Key()).At("report.hours")
	}
	wc, err := tx.Must("work_center", center)
	if err != nil {
		return err
	}
	rep, err := tx.Create("production_report", native.Fields{
		"production_order": d.Key(), "item": d.Text("item"), "work_center": center, "worker": d.Text("report.worker"),
		"worked_on": orDate(d, "report.worked_on", tx.Today()), "hours": hours, "good": d.Decimal("report.good"), "scrap": d.Decimal("report.scrap"),
		"rework": d.Decimal("report.rework"), "note": d.Text("report.note"), "currency": d.Text("currency"),
		"labour_rate": wc.Decimal("labour_rate"), "overhead_rate": wc.Decimal("overhead_rate"),
	})
	if err != nil {
		return err
	}
	add(d, "reported_hours", hours)
	add(d, "actual_labour_cost", rep.Decimal("labour_cost"))
	add(d, "actual_overhead_cost", rep.Decimal("overhead_cost"))
	d.Set("report", nil)
	return nil
}

// completeWork takes the good pieces into stock with their share of the accumulated cost, compares plan and actual, and
// keeps the pieces for whoever asked for them (suite.md 3.i steps 5 to 7).
func completeWork(tx *native.Tx, d *native.Doc) error {
	planned := d.Decimal("planned_quantity")
	if d.Decimal("good_quantity").Sign() == 0 {
		d.Set("good_quantity", planned.Sub(d.Decimal("scrap_quantity")))
	}
	good := d.Decimal("good_quantity")
	if err := mayComplete(tx, d, good); err != nil {
		return err
	}
	var cost sihe.Decimal
	for _, kind := range []string{"material", "labour", "overhead"} {
		actual := d.Decimal("actual_" + kind + "_cost")
		part := shareAfter(actual, planned, sihe.Decimal{}, good)
		d.Set("completed_"+kind+"_cost", part)
		d.Set(kind+"_variance", actual.Sub(d.Decimal("planned_"+kind+"_cost")))
		cost = cost.Add(part)
	}
	d.Set("unit_cost", unitCost(cost, good))
	d.Set("completed_on", tx.Today())
	_, err := post(tx, move{kind: "production_in", item: d.Text("item"), to: d.Text("warehouse"), quantity: good, value: cost, source: "production_order", key: d.Key()})
	if err != nil {
		return err
	}
	if err := takeLoad(tx, d, -1, tx.Today()); err != nil {
		return err
	}
	keep := keepForOrder
	if !d.IsNull("parent_order") {
		keep = keepForParent
	}
	if err := keep(tx, d, good); err != nil {
		return err
	}
	return serveWaiting(tx, d.Text("item"), d.Text("warehouse"), "")
}

func mayComplete(tx *native.Tx, d *native.Doc, good sihe.Decimal) error {
	scrap := d.Decimal("scrap_quantity")
	if good.Sign() <= 0 || good.Add(scrap).Cmp(d.Decimal("planned_quantity")) > 0 {
		return sihe.Rejected(sihe.CodeCompletedQuantity, "complete %s: %s good and %s scrap of %s planned", d.Key(), good, scrap, d.Decimal("planned_quantity")).At("good_quantity")
	}
	for i, r := range d.Rows("materials") {
		if r.Decimal("issued_quantity").Cmp(r.Decimal("required_quantity")) < 0 {
			return sihe.Rejected(sihe.CodeMaterialShort, "complete %s: %s of %s %s issued", d.Key(), r.Decimal("issued_quantity"), r.Decimal("required_quantity"), r.Text("item")).At(listPath("materials", i, "issued_quantity"))
		}
	}
	return mustPass(tx, "inspect_final", "final", d.Key(), map[string]sihe.Decimal{d.Text("item"): good})
}

// keepForParent reserves made parts for the work order that needs them.
func keepForParent(tx *native.Tx, d *native.Doc, good sihe.Decimal) error {
	parent, err := tx.Must("production_order", d.Text("parent_order"))
	if err != nil {
		return err
	}
	if s := parent.State(); s != "planned" && s != "released" {
		return nil
	}
	for _, r := range parent.Rows("materials") {
		if r.Text("supply_order") != d.Key() {
			continue
		}
		q := good.Min(r.Decimal("supply_quantity"))
		if err := reserve(tx, materialDemand(parent, r), q); err != nil {
			return err
		}
		add(r, "reserved_quantity", q)
	}
	return tx.Save(parent)
}

// keepForOrder reserves the new pieces for the sales order line that waits for them.
func keepForOrder(tx *native.Tx, d *native.Doc, good sihe.Decimal) error {
	if d.IsNull("sales_order") || d.IsNull("so_line") {
		return nil
	}
	o, err := tx.Must("sales_order", d.Text("sales_order"))
	if err != nil {
		return err
	}
	if s := o.State(); s != "accepted" && s != "released" && s != "held" {
		return nil
	}
	r, ok := rowWhere(o, "line_no", d.Int("so_line"))
	if !ok || r.Text("item") != d.Text("item") {
		return nil
	}
	q := good.Min(r.Decimal("to_make_quantity"))
	if err := reserve(tx, demand{order: o.Key(), line: d.Int("so_line"), item: d.Text("item"), warehouse: d.Text("warehouse")}, q); err != nil {
		return err
	}
	add(r, "to_make_quantity", q.Neg())
	add(r, "reserved_quantity", q)
	return tx.Save(o)
}
