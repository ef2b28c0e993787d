package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// maxLevels is how deep a product may be made of products.
const maxLevels = 20

// standardOf is the unit cost that plans reckon with: an item's standard cost; without one the roll-up of a made item,
// the average of a stocked one, or the last price paid.
func standardOf(tx *native.Tx, item *native.Doc, day expr.Date) (sihe.Decimal, error) {
	switch {
	case !item.IsNull("standard_cost"):
		return item.Decimal("standard_cost"), nil
	case item.Text("procurement") == "make":
		return rollUp(tx, item, day, 0)
	}
	if w := item.Text("warehouse"); w != "" {
		s, err := stockOf(tx, item.Key(), w)
		if err != nil {
			return sihe.Decimal{}, err
		}
		if s.onHand.Sign() > 0 {
			return s.value.Div(s.onHand, costPlaces), nil
		}
	}
	return priceOf(item), nil
}

// priceOf is what an item cost when it was last bought, or what it is listed at.
func priceOf(item *native.Doc) sihe.Decimal {
	if !item.IsNull("last_purchase_price") {
		return item.Decimal("last_purchase_price")
	}
	return item.Decimal("purchase_price")
}

// rollUp adds up material at standard and the hours of the routing at the work centres' rates, for one piece.
func rollUp(tx *native.Tx, item *native.Doc, day expr.Date, level int) (sihe.Decimal, error) {
	if level > maxLevels {
		return sihe.Decimal{}, sihe.Rejected(sihe.CodeBOMCycle, "roll up the cost of %s: more than %d levels", item.Key(), maxLevels)
	}
	bom, ok, err := inForce(tx, "bom", item.Key(), day)
	if err != nil {
		return sihe.Decimal{}, err
	}
	if !ok {
		return sihe.Decimal{}, sihe.Rejected(sihe.CodeBOMMissing, "roll up the cost of %s: no bill of material is in force on %s", item.Key(), day)
	}
	one := sihe.DecimalFromInt(1)
	var total sihe.Decimal
	for _, r := range bom.Rows("lines") {
		part, err := tx.Must("item", r.Text("item"))
		if err != nil {
			return total, err
		}
		unit, err := materialCost(tx, part, day, level+1)
		if err != nil {
			return total, err
		}
		total = total.Add(perLine(bom, r, one).Mul(unit))
	}
	ops, err := operationsOf(tx, item.Key(), day, one)
	if err != nil {
		return total, err
	}
	for _, o := range ops {
		total = total.Add(o.hours.Mul(o.labour.Add(o.overhead)))
	}
	return total.Round(2), nil
}

// materialCost is what a roll-up reckons with for one part: products inside products are rolled up anew.
func materialCost(tx *native.Tx, part *native.Doc, day expr.Date, level int) (sihe.Decimal, error) {
	if part.Text("procurement") == "make" {
		return rollUp(tx, part, day, level)
	}
	return standardOf(tx, part, day)
}

// An operation is the work of one routing step for a number of pieces.
type operation struct {
	name, center     string
	hours            sihe.Decimal
	labour, overhead sihe.Decimal // per hour
}

// operationsOf returns the hours of the routing in force; no routing is no hours.
func operationsOf(tx *native.Tx, item string, day expr.Date, pieces sihe.Decimal) ([]operation, error) {
	routing, ok, err := inForce(tx, "routing", item, day)
	if err != nil || !ok {
		return nil, err
	}
	var ops []operation
	for _, r := range routing.Rows("operations") {
		wc, err := tx.Must("work_center", r.Text("work_center"))
		if err != nil {
			return nil, err
		}
		ops = append(ops, operation{
			name: r.Text("name"), center: wc.Key(),
			hours:  short(r.Decimal("setup_hours").Add(r.Decimal("run_hours").Mul(pieces)).Round(quantityPlaces), 0),
			labour: wc.Decimal("labour_rate"), overhead: wc.Decimal("overhead_rate"),
		})
	}
	return ops, nil
}

// rollUpCosts is the job that writes the rolled-up cost of every made item as its new standard.
func rollUpCosts(tx *native.Tx) error {
	var made []*native.Doc
	err := tx.List("item", func(d *native.Doc) (bool, error) {
		if d.Text("procurement") == "make" {
			made = append(made, d)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, d := range made {
		if _, ok, err := inForce(tx, "bom", d.Key(), tx.Today()); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		cost, err := rollUp(tx, d, tx.Today(), 0)
		if err != nil {
			return err
		}
		d.Set("standard_cost", cost)
		if err := tx.Save(d); err != nil {
			return err
		}
	}
	return nil
}
