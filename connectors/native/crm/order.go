package crm

import (
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// placeOrder dates the order and ties the contract's payment plan to it.
func placeOrder(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("order_date") {
		d.Set("order_date", tx.Today())
	}
	if d.IsNull("contract") {
		return nil
	}
	plan, ok, err := tx.Get("payment_plan", d.Text("contract"))
	if err != nil || !ok {
		return err
	}
	plan.Set("order_no", d.Key())
	return tx.Save(plan)
}

func completeService(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("finished_on") {
		d.Set("finished_on", tx.Today())
	}
	return nil
}

// fillReturn completes a draft from its order: customer and salesperson, and of each line the price that was paid, on which the
// approval depends. More than was ordered is refused here; what was delivered and not returned yet, ERP knows.
func fillReturn(tx *native.Tx, d *native.Doc) error {
	if d.State() != "draft" || d.IsNull("order_no") {
		return nil
	}
	o, err := tx.Must("crm_order", d.Text("order_no"))
	if err != nil {
		return err
	}
	d.Set("customer", o.Text("customer"))
	d.Set("currency", o.Text("currency"))
	if d.IsNull("owner") {
		d.Set("owner", o.Text("owner"))
	}
	wanted := map[int64]sihe.Decimal{}
	for i, r := range d.Rows("lines") {
		ordered, ok := orderLine(o, r)
		if !ok {
			return sihe.Rejected(sihe.CodeLineUnknown, "return of %s: line %d: no such line for %s", o.Key(), r.Int("line_no"), r.Text("item")).
				At(fmt.Sprintf("lines[%d].line_no", i))
		}
		sum := wanted[r.Int("line_no")].Add(r.Decimal("quantity"))
		if sum.Cmp(ordered.Decimal("quantity")) > 0 {
			return sihe.Rejected(sihe.CodeReturnQuantity, "return of %s: line %d: %s of %s ordered", o.Key(), r.Int("line_no"), sum, ordered.Decimal("quantity")).
				At(fmt.Sprintf("lines[%d].quantity", i))
		}
		wanted[r.Int("line_no")] = sum
		r.Set("unit_price", ordered.Decimal("unit_price"))
	}
	return nil
}

func orderLine(o *native.Doc, r *native.Row) (*native.Row, bool) {
	for _, l := range o.Rows("lines") {
		if l.Int("line_no") == r.Int("line_no") && l.Text("item") == r.Text("item") {
			return l, true
		}
	}
	return nil, false
}

// recallReturn recalls the question that OA has not answered yet.
func recallReturn(_ *native.Tx, d *native.Doc) error {
	recallApproval(d, "requested", 1)
	return nil
}
