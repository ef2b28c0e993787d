package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// fillDelivery completes a draft from its sales order, which must be released: customer, and the lines that are reserved
// and open when there are none. Services cannot be shipped; they follow from their confirmations.
func fillDelivery(tx *native.Tx, d *native.Doc) error {
	if d.State() != "draft" {
		return nil
	}
	o, err := released(tx, d.Text("sales_order"), "deliver")
	if err != nil {
		return err
	}
	for _, f := range []string{"source_order", "buyer", "contract"} {
		d.Set(f, o.Text(f))
	}
	d.Set("currency", o.Text("currency"))
	if d.IsNull("ship_to") {
		d.Set("ship_to", o.Text("ship_to"))
	}
	if d.Was() == nil && len(d.Rows("lines")) == 0 {
		for _, r := range o.Rows("lines") {
			if q := r.Decimal("reserved_quantity"); q.Sign() > 0 {
				d.AddRow("lines", native.Fields{"so_line": r.Int("line_no"), "quantity": q})
			}
		}
	}
	for i, r := range d.Rows("lines") {
		if err := fillDeliveryLine(tx, o, r, i); err != nil {
			return err
		}
	}
	return nil
}

func fillDeliveryLine(tx *native.Tx, o *native.Doc, r *native.Row, i int) error {
	ordered, ok := rowWhere(o, "line_no", r.Int("so_line"))
	if !ok || (r.Text("item") != "" && r.Text("item") != ordered.Text("item")) {
		return sihe.Rejected(sihe.CodeLineUnknown, "deliver %s: line %d: no such line for this item", o.Key(), r.Int("so_line")).At(linePath(i, "so_line"))
	}
	if ordered.Bool("service") && (r.IsNull("service_confirmation") || !tx.Nested()) {
		return sihe.Rejected(sihe.CodeServiceUnknown, "deliver %s: line %d is a service", o.Key(), r.Int("so_line")).At(linePath(i, "so_line"))
	}
	open := ordered.Decimal("quantity").Sub(ordered.Decimal("delivered_quantity"))
	if q := r.Decimal("quantity"); q.Sign() <= 0 || q.Cmp(open) > 0 {
		return sihe.Rejected(sihe.CodeDeliveryQuantity, "deliver %s: line %d: %s of %s open", o.Key(), r.Int("so_line"), q, open).At(linePath(i, "quantity"))
	}
	item, err := tx.Must("item", ordered.Text("item"))
	if err != nil {
		return err
	}
	r.Set("item", item.Key())
	r.Set("service", ordered.Bool("service"))
	r.Set("valuation_class", item.Text("valuation_class"))
	r.Set("unit_price", ordered.Decimal("unit_price"))
	r.Set("tax_rate", ordered.Decimal("tax_rate"))
	if w := ordered.Text("warehouse"); r.Text("warehouse") == "" && w != "" {
		r.Set("warehouse", w)
	}
	setAmount(r, ordered)
	return nil
}

// setAmount gives a delivery line its part of the order line's money.
func setAmount(r, ordered *native.Row) {
	a := amountAfter(ordered.Decimal("unit_price"), ordered.Decimal("tax_rate"), ordered.Decimal("delivered_quantity"), r.Decimal("quantity"))
	r.Set("gross", a.gross)
	r.Set("net", a.net)
	r.Set("tax", a.tax)
}

// postDelivery ships: outgoing inspection passed, no credit hold, order released; stock leaves at its average and takes
// the order's reservation along.
func postDelivery(tx *native.Tx, d *native.Doc) error {
	o, err := released(tx, d.Text("sales_order"), "ship "+d.Key())
	if err != nil {
		return err
	}
	if credit, ok, err := tx.Get("credit", d.Text("buyer")); err != nil {
		return err
	} else if ok && credit.Bool("hold") {
		return sihe.Rejected(sihe.CodeCreditHold, "ship %s: customer %s is on hold: %s", d.Key(), d.Text("buyer"), credit.Text("hold_reason"))
	}
	if err := inspectedOut(tx, d); err != nil {
		return err
	}
	var cost sihe.Decimal
	for i, r := range d.Rows("lines") {
		c, err := shipLine(tx, d, o, r, i)
		if err != nil {
			return err
		}
		cost = cost.Add(c)
	}
	if err := allTogether(d, o); err != nil {
		return err
	}
	d.Set("goods_cost", cost)
	d.Set("posted_on", tx.Today())
	setFulfilment(o)
	return tx.Save(o)
}

func inspectedOut(tx *native.Tx, d *native.Doc) error {
	wanted := map[string]sihe.Decimal{}
	for _, r := range d.Rows("lines") {
		if !r.Bool("service") {
			wanted[r.Text("item")] = wanted[r.Text("item")].Add(r.Decimal("quantity"))
		}
	}
	return mustPass(tx, "inspect_out", "outgoing", d.Key(), wanted)
}

// shipLine takes one line out of stock and returns its cost.
func shipLine(tx *native.Tx, d, o *native.Doc, r *native.Row, i int) (sihe.Decimal, error) {
	ordered, ok := rowWhere(o, "line_no", r.Int("so_line"))
	quantity := r.Decimal("quantity")
	if !ok || ordered.Decimal("delivered_quantity").Add(quantity).Cmp(ordered.Decimal("quantity")) > 0 {
		return sihe.Decimal{}, sihe.Rejected(sihe.CodeDeliveryQuantity, "ship %s: line %d: more than is open", d.Key(), r.Int("so_line")).At(linePath(i, "quantity"))
	}
	setAmount(r, ordered)
	add(ordered, "delivered_quantity", quantity)
	if r.Text("warehouse") == "" {
		return sihe.Decimal{}, nil
	}
	dm := demand{order: o.Key(), line: r.Int("so_line"), item: r.Text("item"), warehouse: r.Text("warehouse")}
	if err := topUp(tx, dm, ordered, quantity); err != nil {
		return sihe.Decimal{}, err
	}
	if err := use(tx, dm, quantity); err != nil {
		return sihe.Decimal{}, err
	}
	add(ordered, "reserved_quantity", quantity.Neg())
	m, err := post(tx, move{kind: "sales_out", item: dm.item, from: dm.warehouse, quantity: quantity, source: "delivery", key: d.Key()})
	if err != nil {
		return sihe.Decimal{}, err
	}
	cost := m.Decimal("value")
	r.Set("cost", cost)
	r.Set("unit_cost", unitCost(cost, quantity))
	return cost, nil
}

// topUp reserves free stock for a line that ships more than was reserved for it.
func topUp(tx *native.Tx, dm demand, ordered *native.Row, quantity sihe.Decimal) error {
	missing := quantity.Sub(ordered.Decimal("reserved_quantity"))
	if missing.Sign() <= 0 {
		return nil
	}
	if err := reserve(tx, dm, missing); err != nil {
		return err
	}
	add(ordered, "reserved_quantity", missing)
	buy := missing.Min(ordered.Decimal("to_buy_quantity"))
	add(ordered, "to_buy_quantity", buy.Neg())
	ordered.Set("to_make_quantity", floor(ordered.Decimal("to_make_quantity").Sub(missing.Sub(buy))))
	return project(tx, dm.item, dm.warehouse, "short_quantity", buy.Neg())
}

// allTogether refuses a part shipment where the order wants everything at once.
func allTogether(d, o *native.Doc) error {
	if o.Text("shipment_policy") != "complete" {
		return nil
	}
	for _, r := range o.Rows("lines") {
		if !r.Bool("service") && r.Decimal("delivered_quantity").Cmp(r.Decimal("quantity")) < 0 {
			return sihe.Rejected(sihe.CodeDeliveryQuantity, "ship %s: order %s is shipped complete or not at all; line %d is not", d.Key(), o.Key(), r.Int("line_no"))
		}
	}
	return nil
}

// setFulfilment derives none, partial or full from the delivered quantities, services included.
func setFulfilment(o *native.Doc) {
	full, some := true, false
	for _, r := range o.Rows("lines") {
		full = full && r.Decimal("delivered_quantity").Cmp(r.Decimal("quantity")) >= 0
		some = some || r.Decimal("delivered_quantity").Sign() > 0
	}
	switch {
	case full:
		o.Set("fulfilment_status", "full")
	case some:
		o.Set("fulfilment_status", "partial")
	default:
		o.Set("fulfilment_status", "none")
	}
}
