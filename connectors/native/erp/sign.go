package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// signDelivery passes control to the customer. Services of the order that were confirmed meanwhile ride along as lines
// without stock, so that goods and services of one day make one receivable.
func signDelivery(tx *native.Tx, d *native.Doc) error {
	d.Set("signed_date", orDate(d, "signed_date", tx.Today()))
	o, err := tx.Must("sales_order", d.Text("sales_order"))
	if err != nil {
		return err
	}
	if err := addServices(tx, d, o); err != nil {
		return err
	}
	var service sihe.Decimal
	for _, r := range d.Rows("lines") {
		if ordered, ok := rowWhere(o, "line_no", r.Int("so_line")); ok {
			add(ordered, "signed_quantity", r.Decimal("quantity"))
		}
		if r.Bool("service") {
			service = service.Add(r.Decimal("cost"))
		}
	}
	d.Set("service_cost", service)
	setFulfilment(o)
	return tx.Save(o)
}

// reverseDelivery takes back what was shipped and never signed: stock returns at the cost it left with and is kept for
// the order again.
func reverseDelivery(tx *native.Tx, d *native.Doc) error {
	o, err := tx.Must("sales_order", d.Text("sales_order"))
	if err != nil {
		return err
	}
	for i, r := range d.Rows("lines") {
		ordered, ok := rowWhere(o, "line_no", r.Int("so_line"))
		if !ok {
			return sihe.Rejected(sihe.CodeLineUnknown, "take back %s: order %s has no line %d", d.Key(), o.Key(), r.Int("so_line")).At(linePath(i, "so_line"))
		}
		quantity := r.Decimal("quantity")
		add(ordered, "delivered_quantity", quantity.Neg())
		if r.Text("warehouse") == "" {
			continue
		}
		_, err := post(tx, move{kind: "sales_return", item: r.Text("item"), to: r.Text("warehouse"), quantity: quantity, value: r.Decimal("cost"), source: "delivery", key: d.Key()})
		if err != nil {
			return err
		}
		if err := reserve(tx, lineDemand(o.Key(), ordered), quantity); err != nil {
			return err
		}
		add(ordered, "reserved_quantity", quantity)
	}
	setFulfilment(o)
	return tx.Save(o)
}

// addServices puts the confirmed services that no delivery carries yet onto this one.
func addServices(tx *native.Tx, d, o *native.Doc) error {
	riding := map[string]bool{}
	for _, r := range d.Rows("lines") {
		riding[r.Text("service_confirmation")] = true
	}
	confirmed, err := found(tx, "service_confirmation", "sales_order", o.Key())
	if err != nil {
		return err
	}
	for _, c := range confirmed {
		if c.State() != "confirmed" || riding[c.Key()] || c.Decimal("quantity").Sign() == 0 {
			continue
		}
		if err := addService(d, o, c); err != nil {
			return err
		}
		c.Set("delivery", d.Key())
		if err := tx.Save(c); err != nil {
			return err
		}
	}
	return nil
}

// addService adds one confirmed service as a line: money of the order line, cost of the hours worked.
func addService(d, o, c *native.Doc) error {
	ordered, ok := rowWhere(o, "line_no", c.Int("so_line"))
	if !ok {
		return sihe.Rejected(sihe.CodeLineUnknown, "bill %s: order %s has no line %d", c.Key(), o.Key(), c.Int("so_line"))
	}
	quantity := c.Decimal("quantity")
	r := d.AddRow("lines", native.Fields{
		"so_line": c.Int("so_line"), "item": ordered.Text("item"), "quantity": quantity, "service": true, "valuation_class": "none",
		"unit_price": ordered.Decimal("unit_price"), "tax_rate": ordered.Decimal("tax_rate"), "cost": c.Decimal("cost"),
		"unit_cost": unitCost(c.Decimal("cost"), quantity), "service_confirmation": c.Key(),
	})
	setAmount(r, ordered)
	add(ordered, "delivered_quantity", quantity)
	return nil
}
