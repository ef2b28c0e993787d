package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// fillPurchase completes a draft: supplier's terms, the requisition's open lines when there are none, and for each line
// the last price and how much this one is above it.
func fillPurchase(tx *native.Tx, d *native.Doc) error {
	if d.State() != "draft" {
		return nil
	}
	supplier, err := tx.Must("supplier", d.Text("supplier"))
	if err != nil {
		return err
	}
	if d.Was() == nil {
		d.Set("order_date", orDate(d, "order_date", tx.Today()))
		if d.IsNull("payment_days") {
			d.Set("payment_days", supplier.Int("payment_days"))
		}
		if err := firstOrder(tx, d); err != nil {
			return err
		}
		if len(d.Rows("lines")) == 0 && !d.IsNull("requisition") {
			if err := linesFromRequisition(tx, d, supplier); err != nil {
				return err
			}
		}
	}
	var highest sihe.Decimal
	for i, r := range d.Rows("lines") {
		rate, err := priceLine(tx, d, r, i)
		if err != nil {
			return err
		}
		if i == 0 || rate.Cmp(highest) > 0 {
			highest = rate
		}
	}
	d.Set("price_change_rate", highest)
	return nil
}

// firstOrder marks an order to a supplier who never had one released.
func firstOrder(tx *native.Tx, d *native.Doc) error {
	isNew := true
	err := tx.Find("purchase_order", "supplier", d.Text("supplier"), func(o *native.Doc) (bool, error) {
		switch o.State() {
		case "released", "received", "closed":
			isNew = false
		}
		return isNew, nil
	})
	d.Set("new_supplier", isNew)
	return err
}

// linesFromRequisition takes over what is approved and open for this supplier.
func linesFromRequisition(tx *native.Tx, d, supplier *native.Doc) error {
	pr, err := tx.Must("purchase_requisition", d.Text("requisition"))
	if err != nil {
		return err
	}
	for _, r := range pr.Rows("lines") {
		rest := r.Decimal("quantity").Sub(r.Decimal("ordered_quantity"))
		if rest.Sign() <= 0 || (!r.IsNull("supplier") && r.Text("supplier") != supplier.Key()) {
			continue
		}
		d.AddRow("lines", native.Fields{
			"line_no": len(d.Rows("lines")) + 1, "item": r.Text("item"), "quantity": rest, "unit_price": r.Decimal("estimated_price"),
			"requisition": pr.Key(), "requisition_line": r.Int("line_no"), "warehouse": r.Text("warehouse"), "tax_rate": supplier.Decimal("tax_rate"),
		})
	}
	return nil
}

// priceLine finds the requisition line that a line serves and how its price compares with the last one.
func priceLine(tx *native.Tx, d *native.Doc, r *native.Row, i int) (sihe.Decimal, error) {
	item, ok, err := tx.Get("item", r.Text("item"))
	if err != nil {
		return sihe.Decimal{}, err
	}
	if !ok {
		return sihe.Decimal{}, sihe.Rejected(sihe.CodeItemNotMapped, "write order %s: no item %q", d.Key(), r.Text("item")).At(linePath(i, "item"))
	}
	if item.Text("currency") != d.Text("currency") {
		return sihe.Decimal{}, sihe.Rejected(sihe.CodeCurrencyDiffers, "write order %s: %s is kept in %s", d.Key(), item.Key(), item.Text("currency")).At("currency")
	}
	if r.IsNull("requisition") {
		r.Set("requisition", d.Text("requisition"))
	}
	if !r.IsNull("requisition") {
		if err := findRequisitionLine(tx, r); err != nil {
			return sihe.Decimal{}, err
		}
	}
	last := priceOf(item)
	if last.Sign() == 0 {
		r.Set("last_price", nil)
		r.Set("price_change_rate", sihe.Decimal{})
		return sihe.Decimal{}, nil
	}
	rate := r.Decimal("unit_price").Sub(last).Div(last, 6)
	r.Set("last_price", last)
	r.Set("price_change_rate", rate)
	return rate, nil
}

// findRequisitionLine takes the requisition line that is named, else the first for the item, and its warehouse.
func findRequisitionLine(tx *native.Tx, r *native.Row) error {
	pr, err := tx.Must("purchase_requisition", r.Text("requisition"))
	if err != nil {
		return err
	}
	for _, q := range pr.Rows("lines") {
		if q.Text("item") == r.Text("item") && (r.IsNull("requisition_line") || r.Int("requisition_line") == q.Int("line_no")) {
			r.Set("requisition_line", q.Int("line_no"))
			if r.IsNull("warehouse") {
				r.Set("warehouse", q.Text("warehouse"))
			}
			return nil
		}
	}
	return sihe.Rejected(sihe.CodeLineUnknown, "order %s from %s: it does not ask for it", r.Text("item"), pr.Key())
}

// submitPurchase asks for a decision about exactly this content. The quantities count as ordered from now on, so that no
// other order can take them too.
func submitPurchase(tx *native.Tx, d *native.Doc) error {
	supplier, err := tx.Must("supplier", d.Text("supplier"))
	if err != nil {
		return err
	}
	if supplier.State() == "blocked" {
		return sihe.Rejected(sihe.CodeSupplierBlocked, "submit %s: supplier %s is blocked", d.Key(), supplier.Key()).At("supplier")
	}
	clearApproval(d)
	d.Set("recalled_approval", nil)
	return countOrdered(tx, d, 1)
}

// dropOrdered takes the counted quantities back when an order returns to the desk or ends.
func dropOrdered(tx *native.Tx, d *native.Doc) error {
	if d.State() == "draft" {
		return nil
	}
	return countOrdered(tx, d, -1)
}

// revisePurchase follows a rejection: back to the buyer with a new revision; the old decision stays visible.
func revisePurchase(tx *native.Tx, d *native.Doc) error {
	if err := dropOrdered(tx, d); err != nil {
		return err
	}
	d.Set("revision", d.Int("revision")+1)
	return nil
}

// cancelPurchase recalls the question that OA has not answered yet.
func cancelPurchase(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, d.Int("revision"))
	return dropOrdered(tx, d)
}

// changePurchase takes an order back while OA decides. The question is recalled; a late answer carries the old hash and
// is refused.
func changePurchase(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, d.Int("revision"))
	if err := revisePurchase(tx, d); err != nil {
		return err
	}
	clearApproval(d)
	return nil
}

// countOrdered moves quantities between requested and on order, and on the lines of the requisitions.
func countOrdered(tx *native.Tx, d *native.Doc, sign int64) error {
	factor := sihe.DecimalFromInt(sign)
	for i, r := range d.Rows("lines") {
		if r.Text("requisition") != "" {
			if err := countOnRequisition(tx, r, r.Decimal("quantity").Mul(factor), linePath(i, "quantity")); err != nil {
				return err
			}
		}
		rest := sihe.Decimal{}
		if sign > 0 {
			rest = r.Decimal("quantity")
		}
		if err := expectLine(tx, d, r, rest); err != nil {
			return err
		}
	}
	return nil
}

func countOnRequisition(tx *native.Tx, r *native.Row, quantity sihe.Decimal, path string) error {
	pr, err := tx.Must("purchase_requisition", r.Text("requisition"))
	if err != nil {
		return err
	}
	row, ok := rowWhere(pr, "line_no", r.Int("requisition_line"))
	if !ok || row.Text("item") != r.Text("item") {
		return sihe.Rejected(sihe.CodeLineUnknown, "order %s from %s line %d: that line asks for something else", r.Text("item"), pr.Key(), r.Int("requisition_line")).At(path)
	}
	if quantity.Sign() > 0 && pr.State() != "approved" {
		return sihe.Rejected(sihe.CodeNotApproved, "order from %s: it is %s", pr.Key(), pr.State()).At(path)
	}
	ordered := row.Decimal("ordered_quantity").Add(quantity)
	if ordered.Cmp(row.Decimal("quantity")) > 0 {
		return sihe.Rejected(sihe.CodeOrderedQuantity, "order %s of %s from %s: %s is approved, %s ordered already", quantity, r.Text("item"), pr.Key(), row.Decimal("quantity"), row.Decimal("ordered_quantity")).At(path)
	}
	row.Set("ordered_quantity", ordered)
	if err := tx.Save(pr); err != nil {
		return err
	}
	if s := pr.State(); s == "closed" || s == "cancelled" {
		return nil
	}
	return project(tx, r.Text("item"), row.Text("warehouse"), "requested_quantity", quantity.Neg())
}

// expectLine shows how much of an order line is still to come, and when.
func expectLine(tx *native.Tx, d *native.Doc, r *native.Row, rest sihe.Decimal) error {
	item, err := tx.Must("item", r.Text("item"))
	if err != nil || !item.Bool("stocked") {
		return err
	}
	into, err := warehouseFor(d, r, item)
	if err != nil {
		return err
	}
	due := orDate(d, "promised_date", orDate(d, "order_date", tx.Today()).AddDays(int(item.Int("lead_time_days"))))
	return expect(tx, item.Key(), into, d.Key()+"/"+textOf(r.Int("line_no")), due, rest)
}

// warehouseFor is where the goods of an order line go: the line's warehouse, the order's, else the item's home.
func warehouseFor(d *native.Doc, r *native.Row, item *native.Doc) (string, error) {
	switch {
	case !r.IsNull("warehouse"):
		return r.Text("warehouse"), nil
	case !d.IsNull("warehouse"):
		return d.Text("warehouse"), nil
	}
	return homeOf(item)
}

// releasePurchase remembers what was agreed as the items' last price.
func releasePurchase(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("lines") {
		item, err := tx.Must("item", r.Text("item"))
		if err != nil {
			return err
		}
		item.Set("last_purchase_price", r.Decimal("unit_price"))
		if err := tx.Save(item); err != nil {
			return err
		}
	}
	return nil
}

// closePurchase expects nothing more of an order.
func closePurchase(tx *native.Tx, d *native.Doc) error {
	for _, r := range d.Rows("lines") {
		if err := expectLine(tx, d, r, sihe.Decimal{}); err != nil {
			return err
		}
	}
	return nil
}
