package erp

import (
	"maps"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// commit makes an outlook true: it reserves stock, plans the work orders, claims material for them and writes the
// promise. All of it happens in the order's own transaction, so the outlook is still right.
func commit(tx *native.Tx, d *native.Doc, o *outlook) error {
	for i, r := range d.Rows("lines") {
		l := o.lines[i]
		if l.reserve.Sign() > 0 {
			if err := reserve(tx, lineDemand(d.Key(), r), l.reserve); err != nil {
				return err
			}
		}
		r.Set("reserved_quantity", l.reserve)
		r.Set("to_make_quantity", l.toMake)
		r.Set("to_buy_quantity", l.toBuy)
		if err := project(tx, l.item, l.warehouse, "short_quantity", l.toBuy); err != nil {
			return err
		}
	}
	if err := planWorks(tx, o.works, map[*work]*native.Doc{}, native.Fields{"source": "order", "sales_order": d.Key(), "currency": d.Text("currency")}); err != nil {
		return err
	}
	for _, m := range o.materials {
		if err := project(tx, m.item, m.warehouse, "requested_quantity", m.suggest); err != nil {
			return err
		}
	}
	d.Set("committed", true)
	return keepPromise(tx, d, o)
}

// lineDemand is the demand of an order line.
func lineDemand(order string, r *native.Row) demand {
	return demand{order: order, line: r.Int("line_no"), item: r.Text("item"), warehouse: r.Text("warehouse")}
}

// planWorks makes planned work orders, parents first, and claims the material that they will take from stock. Those in
// made are there already and are only filled in.
func planWorks(tx *native.Tx, works []*work, made map[*work]*native.Doc, common native.Fields) error {
	for _, w := range works {
		d, there := made[w]
		if !there {
			f := maps.Clone(common)
			f["item"], f["planned_quantity"] = w.item, w.quantity
			if w.line != 0 {
				f["so_line"] = w.line
			}
			if w.parent != nil {
				f["parent_order"] = made[w.parent].Key()
			}
			var err error
			if d, err = tx.Create("production_order", f); err != nil {
				return err
			}
			made[w] = d
		}
		setPlan(d, w)
	}
	for _, w := range works {
		fillWork(made[w], w, func(supply *work) string { return made[supply].Key() })
		if err := claimMaterial(tx, w); err != nil {
			return err
		}
		if err := takeLoad(tx, made[w], 1, 0); err != nil {
			return err
		}
		if err := tx.Save(made[w]); err != nil {
			return err
		}
	}
	return nil
}

// setPlan writes the head of a planned work order.
func setPlan(d *native.Doc, w *work) {
	d.Set("planned_quantity", w.quantity)
	d.Set("warehouse", w.warehouse)
	d.Set("bom", w.bom)
	d.Set("routing", w.routing)
	d.Set("planned_start", w.start)
	d.Set("planned_end", w.finish)
	d.Set("planned_material_cost", w.material)
	d.Set("planned_labour_cost", w.labour)
	d.Set("planned_overhead_cost", w.overheads)
}

// fillWork writes material, operations and schedule of a work order.
func fillWork(d *native.Doc, w *work, keyOf func(*work) string) {
	for _, p := range w.parts {
		row := native.Fields{
			"item": p.item, "warehouse": p.warehouse, "required_quantity": p.quantity, "supply_quantity": p.made,
			"planned_quantity": p.quantity.Sub(p.made), "planned_cost": p.cost,
		}
		if p.supply != nil {
			row["supply_order"] = keyOf(p.supply)
		}
		d.AddRow("materials", row)
	}
	for i, o := range w.ops {
		d.AddRow("operations", native.Fields{"name": o.name, "work_center": o.center, "hours": o.hours, "labour_rate": o.labour, "overhead_rate": o.overhead})
		for _, s := range w.slots[i] {
			d.AddRow("schedule", native.Fields{"work_center": o.center, "date": s.date, "hours": s.hours})
		}
	}
}

func claimMaterial(tx *native.Tx, w *work) error {
	for _, p := range w.parts {
		if err := project(tx, p.item, p.warehouse, "required_quantity", p.quantity.Sub(p.made)); err != nil {
			return err
		}
	}
	return nil
}

// cancelOrder gives back all that an order has claimed: reservations, planned and unstarted work, requests not yet
// ordered (suite.md 3.a, cancel). Work in progress goes on and ends in free stock.
func cancelOrder(tx *native.Tx, d *native.Doc) error {
	d.Set("unanswered_for", nil)
	recallApproval(d, d.Int("hold_count"))
	if err := dropSuggestions(tx, d); err != nil {
		return err
	}
	if err := dropPromise(tx, d); err != nil {
		return err
	}
	for _, r := range d.Rows("lines") {
		if err := free(tx, lineDemand(d.Key(), r), r.Decimal("reserved_quantity")); err != nil {
			return err
		}
		if err := project(tx, r.Text("item"), r.Text("warehouse"), "short_quantity", r.Decimal("to_buy_quantity").Neg()); err != nil {
			return err
		}
		for _, f := range []string{"reserved_quantity", "to_make_quantity", "to_buy_quantity"} {
			r.Set(f, sihe.Decimal{})
		}
	}
	works, err := found(tx, "production_order", "sales_order", d.Key())
	if err != nil {
		return err
	}
	for _, w := range works {
		if err := cancelIfUnstarted(tx, w.Key()); err != nil {
			return err
		}
	}
	if err := dropRequisitions(tx, d.Key()); err != nil {
		return err
	}
	for _, r := range d.Rows("lines") {
		if r.Text("warehouse") == "" {
			continue
		}
		if err := serveWaiting(tx, r.Text("item"), r.Text("warehouse"), d.Key()); err != nil {
			return err
		}
	}
	return nil
}

// dropSuggestions takes back what an unreleased order would have requested.
func dropSuggestions(tx *native.Tx, d *native.Doc) error {
	if !d.Bool("committed") || d.State() == "released" || d.IsNull("promise") {
		return nil
	}
	return eachSuggestion(tx, d, func(r *native.Row) error {
		return project(tx, r.Text("item"), r.Text("warehouse"), "requested_quantity", r.Decimal("suggest_quantity").Neg())
	})
}

func eachSuggestion(tx *native.Tx, d *native.Doc, f func(*native.Row) error) error {
	p, err := tx.Must("order_promise", d.Text("promise"))
	if err != nil {
		return err
	}
	for _, r := range p.Rows("materials") {
		if r.Decimal("suggest_quantity").Sign() > 0 {
			if err := f(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func dropRequisitions(tx *native.Tx, order string) error {
	prs, err := found(tx, "purchase_requisition", "sales_order", order)
	if err != nil {
		return err
	}
	for _, pr := range prs {
		ordered := sihe.Decimal{}
		for _, r := range pr.Rows("lines") {
			ordered = ordered.Add(r.Decimal("ordered_quantity"))
		}
		switch s := pr.State(); {
		case s == "draft", s == "submitted", s == "approved" && ordered.Sign() == 0:
			err = tx.Act(pr, "cancel", nil)
		case s == "approved":
			err = tx.Act(pr, "close", nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
