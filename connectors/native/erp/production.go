package erp

import (
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// planManual plans a work order that somebody enters by hand, with work orders for the made parts that are missing.
// Work orders that a plan makes come complete.
func planManual(tx *native.Tx, d *native.Doc) error {
	if tx.Nested() {
		return nil
	}
	d.Set("source", "manual")
	item, err := tx.Must("item", d.Text("item"))
	if err != nil {
		return err
	}
	if item.Text("procurement") != "make" || d.Decimal("planned_quantity").Sign() <= 0 {
		return sihe.Rejected(sihe.CodeBOMMissing, "plan work for %s: it is not a made item, or the quantity is not above zero", item.Key()).At("item")
	}
	into := d.Text("warehouse")
	if into == "" {
		if into, err = homeOf(item); err != nil {
			return err
		}
	}
	p := newPlanner(tx, tx.Today())
	top, err := p.makeOf(item, into, d.Decimal("planned_quantity"), nil, d.Int("so_line"), 0)
	if err != nil {
		return err
	}
	if _, err := p.finish(); err != nil {
		return err
	}
	for _, list := range []string{"materials", "operations", "schedule"} {
		d.Set(list, nil)
	}
	d.Set("firm", true)
	return planWorks(tx, p.out.works, map[*work]*native.Doc{top: d}, native.Fields{"source": "parent", "currency": d.Text("currency"), "firm": true})
}

// releaseWork reserves all the material; without it nothing is released (suite.md 3.i). Work for a sales order waits
// for that order's own release.
func releaseWork(tx *native.Tx, d *native.Doc) error {
	if !d.IsNull("sales_order") {
		if _, err := released(tx, d.Text("sales_order"), "release "+d.Key()); err != nil {
			return err
		}
	}
	if missing, err := missingMaterial(tx, d); err != nil {
		return err
	} else if len(missing) > 0 {
		return sihe.Rejected(sihe.CodeMaterialShort, "release %s: missing %s", d.Key(), strings.Join(missing, ", ")).At("materials")
	}
	for _, r := range d.Rows("materials") {
		if err := project(tx, r.Text("item"), r.Text("warehouse"), "required_quantity", r.Decimal("planned_quantity").Neg()); err != nil {
			return err
		}
		r.Set("planned_quantity", sihe.Decimal{})
		need := r.Decimal("required_quantity").Sub(r.Decimal("reserved_quantity"))
		if err := reserve(tx, materialDemand(d, r), need); err != nil {
			return err
		}
		r.Set("reserved_quantity", r.Decimal("required_quantity"))
	}
	d.Set("readiness", "ready")
	return nil
}

func missingMaterial(tx *native.Tx, d *native.Doc) ([]string, error) {
	var missing []string
	for _, r := range d.Rows("materials") {
		s, err := stockOf(tx, r.Text("item"), r.Text("warehouse"))
		if err != nil {
			return nil, err
		}
		need := r.Decimal("required_quantity").Sub(r.Decimal("reserved_quantity"))
		if short := need.Sub(floor(s.available())); short.Sign() > 0 {
			missing = append(missing, short.String()+" "+r.Text("item"))
		}
	}
	return missing, nil
}

func materialDemand(d *native.Doc, r *native.Row) demand {
	return demand{order: d.Text("sales_order"), work: d.Key(), item: r.Text("item"), warehouse: r.Text("warehouse")}
}

// cancelWork gives back what an unstarted work order has claimed, and cancels the work orders below it.
func cancelWork(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("materials") {
		if err := project(tx, r.Text("item"), r.Text("warehouse"), "required_quantity", r.Decimal("planned_quantity").Neg()); err != nil {
			return err
		}
		if err := free(tx, materialDemand(d, r), r.Decimal("reserved_quantity")); err != nil {
			return err
		}
		r.Set("planned_quantity", sihe.Decimal{})
		r.Set("reserved_quantity", sihe.Decimal{})
	}
	if err := takeLoad(tx, d, -1, 0); err != nil {
		return err
	}
	below, err := found(tx, "production_order", "parent_order", d.Key())
	if err != nil {
		return err
	}
	for _, w := range below {
		if err := cancelIfUnstarted(tx, w.Key()); err != nil {
			return err
		}
	}
	return nil
}

// cancelIfUnstarted cancels a work order unless it has begun, ended, or been cancelled with the one above it.
func cancelIfUnstarted(tx *native.Tx, key string) error {
	w, err := tx.Must("production_order", key)
	if err != nil {
		return err
	}
	if s := w.State(); s != "planned" && s != "released" {
		return nil
	}
	return tx.Act(w, "cancel", nil)
}

// pickMaterial issues what is reserved for a work order and not issued yet, at the moving average of this moment, and
// leaves a material issue.
func pickMaterial(tx *native.Tx, d *native.Doc) error {
	issue, err := tx.Create("material_issue", native.Fields{
		"production_order": d.Key(), "item": d.Text("item"), "posting_date": tx.Today(), "currency": d.Text("currency"),
	})
	if err != nil {
		return err
	}
	byClass := map[string]sihe.Decimal{}
	for _, r := range d.Rows("materials") {
		quantity := r.Decimal("reserved_quantity")
		if quantity.Sign() == 0 {
			continue
		}
		if err := use(tx, materialDemand(d, r), quantity); err != nil {
			return err
		}
		m, err := post(tx, move{kind: "production_issue", item: r.Text("item"), from: r.Text("warehouse"), quantity: quantity, source: "material_issue", key: issue.Key()})
		if err != nil {
			return err
		}
		item, err := tx.Must("item", r.Text("item"))
		if err != nil {
			return err
		}
		class, cost := item.Text("valuation_class"), m.Decimal("value")
		byClass[class] = byClass[class].Add(cost)
		issue.AddRow("lines", native.Fields{
			"item": item.Key(), "warehouse": r.Text("warehouse"), "quantity": quantity, "unit_cost": unitCost(cost, quantity), "cost": cost, "valuation_class": class,
		})
		r.Set("reserved_quantity", sihe.Decimal{})
		add(r, "issued_quantity", quantity)
		add(r, "issued_cost", cost)
		add(d, "actual_material_cost", cost)
	}
	if len(issue.Rows("lines")) == 0 {
		return sihe.Rejected(sihe.CodeMaterialShort, "pick for %s: nothing is reserved that is not issued yet", d.Key())
	}
	d.Set("started_on", orDate(d, "started_on", tx.Today()))
	issue.Set("raw_cost", byClass["raw"])
	issue.Set("finished_cost", byClass["finished"])
	return tx.Save(issue)
}
