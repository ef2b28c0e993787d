package erp

import (
	"slices"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// setReleaseReady says whether an order may leave the desk: its contract is approved (or the policy says the order is
// enough), and what must be paid in advance is paid (suite.md 2.1-g). The guards of the order do the rest.
func setReleaseReady(tx *native.Tx, d *native.Doc) error {
	ready := d.Text("release_policy") == "order"
	if !ready && !d.IsNull("contract") {
		c, ok, err := tx.Get("contract", d.Text("contract"))
		if err != nil {
			return err
		}
		ready = ok && approvedFor(c, d)
	}
	if d.Bool("prepaid") && d.Decimal("paid_amount").Cmp(d.Decimal("gross_total")) < 0 {
		ready = false
	}
	d.Set("release_ready", ready)
	return nil
}

// approvedFor says whether a contract stands and is the buyer's.
func approvedFor(c, order *native.Doc) bool {
	return (c.State() == "approved" || c.State() == "signed") && c.Text("customer") == order.Text("buyer")
}

// contractArrived looks at all orders of a contract whose copy has changed: accepted ones are released, and nothing more
// is shipped or produced for released ones whose contract no longer stands.
func contractArrived(tx *native.Tx, c *native.Doc) error {
	orders, err := found(tx, "sales_order", "contract", c.Key())
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.State() != "accepted" && o.State() != "released" || o.Text("release_policy") != "contract_approved" {
			continue
		}
		paid := !o.Bool("prepaid") || o.Decimal("paid_amount").Cmp(o.Decimal("gross_total")) >= 0
		o.Set("release_ready", approvedFor(c, o) && paid)
		if err := tx.Save(o); err != nil {
			return err
		}
	}
	return nil
}

// financeAnswered notes that finance counts the order now, and releases one that waited for its prepayment.
func financeAnswered(tx *native.Tx, d *native.Doc) error {
	if !d.IsNull("ledger_version") {
		d.Set("unanswered_for", nil)
	}
	if !d.Bool("prepaid") || d.State() != "accepted" {
		return nil
	}
	return setReleaseReady(tx, d)
}

// releaseOrder makes the plan firm: its work orders may be released, and what the promise suggests to buy becomes one
// purchase requisition, submitted for approval (suite.md 3.a step 12, 3.l).
func releaseOrder(tx *native.Tx, d *native.Doc) error {
	works, err := found(tx, "production_order", "sales_order", d.Key())
	if err != nil {
		return err
	}
	for _, w := range works {
		w.Set("firm", true)
		if err := tx.Save(w); err != nil {
			return err
		}
	}
	var lines []native.Fields
	err = eachSuggestion(tx, d, func(r *native.Row) error {
		item, err := tx.Must("item", r.Text("item"))
		if err != nil {
			return err
		}
		lines = append(lines, native.Fields{
			"item": item.Key(), "quantity": r.Decimal("suggest_quantity"), "need_date": r.Date("ready_date"),
			"estimated_price": priceOf(item), "supplier": item.Text("supplier"), "warehouse": r.Text("warehouse"),
		})
		return project(tx, item.Key(), r.Text("warehouse"), "requested_quantity", r.Decimal("suggest_quantity").Neg())
	})
	if err != nil || len(lines) == 0 {
		return err
	}
	return raiseRequisition(tx, native.Fields{"reason": "order", "sales_order": d.Key(), "currency": d.Text("currency")}, d.Text("salesperson"), lines)
}

// raiseRequisition writes and submits a requisition; what takes longest stands first.
func raiseRequisition(tx *native.Tx, head native.Fields, requester string, lines []native.Fields) error {
	slices.SortStableFunc(lines, func(a, b native.Fields) int {
		x, y := a["need_date"], b["need_date"]
		if x != y {
			return strings.Compare(textOf(y), textOf(x))
		}
		return strings.Compare(textOf(a["item"]), textOf(b["item"]))
	})
	for i, l := range lines {
		l["line_no"] = i + 1
	}
	head["lines"], head["requester"] = lines, requester
	pr, err := tx.Create("purchase_requisition", head)
	if err != nil {
		return err
	}
	return tx.Act(pr, "submit", nil)
}

// released returns a sales order that may be worked on and shipped; else it is refused.
func released(tx *native.Tx, key, purpose string) (*native.Doc, error) {
	o, err := tx.Must("sales_order", key)
	if err != nil {
		return nil, err
	}
	if o.State() != "released" || !o.Bool("release_ready") {
		return nil, sihe.Rejected(sihe.CodeOrderNotReleased, "%s: sales order %s is %s and its contract or prepayment is not complete", purpose, key, o.State()).At("sales_order")
	}
	return o, nil
}
