package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// fillReceipt completes a draft from its purchase order: supplier, and the open lines as received in full when there
// are none.
func fillReceipt(tx *native.Tx, d *native.Doc) error {
	if d.State() != "draft" {
		return nil
	}
	po, err := tx.Must("purchase_order", d.Text("purchase_order"))
	if err != nil {
		return err
	}
	d.Set("supplier", po.Text("supplier"))
	d.Set("currency", po.Text("currency"))
	d.Set("arrival_date", orDate(d, "arrival_date", tx.Today()))
	if d.Was() == nil && len(d.Rows("lines")) == 0 {
		for _, r := range po.Rows("lines") {
			if open := r.Decimal("quantity").Sub(r.Decimal("accepted_quantity")); open.Sign() > 0 {
				d.AddRow("lines", native.Fields{"po_line": r.Int("line_no"), "received_quantity": open, "accepted_quantity": open})
			}
		}
	}
	for i, r := range d.Rows("lines") {
		ordered, ok := rowWhere(po, "line_no", r.Int("po_line"))
		if !ok || (r.Text("item") != "" && r.Text("item") != ordered.Text("item")) {
			return sihe.Rejected(sihe.CodeLineUnknown, "receive for %s: line %d: no such line for this item", po.Key(), r.Int("po_line")).At(linePath(i, "po_line"))
		}
		r.Set("item", ordered.Text("item"))
		r.Set("unit_price", ordered.Decimal("unit_price"))
	}
	return nil
}

// postReceipt takes what was accepted into stock at the order's price and counts all of it on the order; what was
// rejected went back to the supplier and never enters stock.
func postReceipt(tx *native.Tx, d *native.Doc) error {
	po, err := tx.Must("purchase_order", d.Text("purchase_order"))
	if err != nil {
		return err
	}
	if po.State() != "released" {
		return sihe.Rejected(sihe.CodeNotApproved, "post %s: order %s is %s", d.Key(), po.Key(), po.State()).At("purchase_order")
	}
	if err := inspectedIn(tx, d); err != nil {
		return err
	}
	for i, r := range d.Rows("lines") {
		if err := receiveLine(tx, d, po, r, i); err != nil {
			return err
		}
	}
	setReceiptStatus(po)
	return tx.Save(po)
}

func receiveLine(tx *native.Tx, d, po *native.Doc, r *native.Row, i int) error {
	ordered, ok := rowWhere(po, "line_no", r.Int("po_line"))
	if !ok {
		return sihe.Rejected(sihe.CodeLineUnknown, "post %s: %s has no line %d", d.Key(), po.Key(), r.Int("po_line")).At(linePath(i, "po_line"))
	}
	received, accepted, rejected := r.Decimal("received_quantity"), r.Decimal("accepted_quantity"), r.Decimal("rejected_quantity")
	before := ordered.Decimal("accepted_quantity")
	if !received.Equal(accepted.Add(rejected)) || received.Sign() == 0 || before.Add(accepted).Cmp(ordered.Decimal("quantity")) > 0 {
		return sihe.Rejected(sihe.CodeReceiptQuantity, "post %s: line %d: received %s, accepted %s, sent back %s; ordered %s, accepted before %s",
			d.Key(), r.Int("po_line"), received, accepted, rejected, ordered.Decimal("quantity"), before).At(linePath(i, "accepted_quantity"))
	}
	item, err := tx.Must("item", ordered.Text("item"))
	if err != nil {
		return err
	}
	price := ordered.Decimal("unit_price")
	value := before.Add(accepted).Mul(price).Round(2).Sub(ordered.Decimal("accepted_value"))
	r.Set("value", value)
	r.Set("valuation_class", item.Text("valuation_class"))
	add(ordered, "received_quantity", received)
	add(ordered, "accepted_quantity", accepted)
	add(ordered, "rejected_quantity", rejected)
	add(ordered, "accepted_value", value)
	if !item.Bool("stocked") || accepted.Sign() == 0 {
		return nil
	}
	if err := expectLine(tx, po, ordered, ordered.Decimal("quantity").Sub(ordered.Decimal("accepted_quantity"))); err != nil {
		return err
	}
	into := r.Text("warehouse")
	if into == "" {
		into = d.Text("warehouse")
	}
	if into == "" {
		if into, err = warehouseFor(po, ordered, item); err != nil {
			return err
		}
	}
	r.Set("warehouse", into)
	_, err = post(tx, move{kind: "purchase_in", item: item.Key(), to: into, quantity: accepted, value: value, source: "goods_receipt", key: d.Key()})
	return err
}

func setReceiptStatus(po *native.Doc) {
	full, some := true, false
	for _, r := range po.Rows("lines") {
		full = full && r.Decimal("accepted_quantity").Cmp(r.Decimal("quantity")) >= 0
		some = some || r.Decimal("accepted_quantity").Sign() > 0
	}
	switch {
	case full:
		po.Set("receipt_status", "full")
	case some:
		po.Set("receipt_status", "partial")
	}
}
