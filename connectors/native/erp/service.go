package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// confirmService ties work that CRM reports to its order line and costs it. With goods still to come it waits for the
// next signature; after the last one it is billed at once by a delivery of its own.
func confirmService(tx *native.Tx, d *native.Doc) error {
	d.Set("performed_on", orDate(d, "performed_on", tx.Today()))
	o, err := orderOf(tx, d)
	if err != nil {
		return err
	}
	if o == nil {
		return costService(tx, d)
	}
	if o, err = openForService(o, d); err != nil {
		return err
	}
	d.Set("sales_order", o.Key())
	d.Set("buyer", o.Text("buyer"))
	d.Set("currency", o.Text("currency"))
	r, err := serviceLine(o, d)
	if err != nil {
		return err
	}
	d.Set("so_line", r.Int("line_no"))
	d.Set("item", r.Text("item"))
	open, err := openService(tx, d, r)
	if err != nil {
		return err
	}
	if d.IsNull("quantity") {
		d.Set("quantity", open)
	}
	if d.Decimal("quantity").Cmp(open) > 0 {
		return sihe.Rejected(sihe.CodeDeliveryQuantity, "confirm service for %s: line %d: %s of %s open", o.Key(), r.Int("line_no"), d.Decimal("quantity"), open).At("quantity")
	}
	if err := costService(tx, d); err != nil {
		return err
	}
	if o.State() != "released" || d.Decimal("quantity").Sign() == 0 || !goodsSigned(o) {
		return nil
	}
	return deliverService(tx, d, o)
}

// orderOf finds the sales order by its own or by the customer order's number; nil when neither is given.
func orderOf(tx *native.Tx, d *native.Doc) (*native.Doc, error) {
	if !d.IsNull("sales_order") {
		return tx.Must("sales_order", d.Text("sales_order"))
	}
	if d.IsNull("source_order") {
		return nil, nil
	}
	orders, err := found(tx, "sales_order", "source_order", d.Text("source_order"))
	if err != nil {
		return nil, err
	}
	var last *native.Doc
	for _, o := range orders {
		if s := o.State(); s != "cancelled" && s != "rejected" {
			last = o
		}
	}
	if last == nil {
		return nil, sihe.Rejected(sihe.CodeLineUnknown, "find the order of %s: no sales order for it", d.Text("source_order")).At("source_order")
	}
	return last, nil
}

func openForService(o, d *native.Doc) (*native.Doc, error) {
	s := o.State()
	if s == "released" || s == "completed" || (s == "accepted" && !goodsSigned(o)) {
		return o, nil
	}
	return nil, sihe.Rejected(sihe.CodeOrderNotReleased, "confirm service %s: order %s is %s", d.Text("source_service"), o.Key(), o.State()).At("sales_order")
}

// serviceLine is the order line that the confirmation names by number or by item; with neither the order's first service.
func serviceLine(o, d *native.Doc) (*native.Row, error) {
	for _, r := range o.Rows("lines") {
		if r.Bool("service") && (d.IsNull("so_line") || r.Int("line_no") == d.Int("so_line")) && (d.IsNull("item") || r.Text("item") == d.Text("item")) {
			return r, nil
		}
	}
	return nil, sihe.Rejected(sihe.CodeLineUnknown, "confirm service for %s: no such service line", o.Key()).At("so_line")
}

// openService is the quantity of the line that is neither delivered nor confirmed.
func openService(tx *native.Tx, d *native.Doc, r *native.Row) (sihe.Decimal, error) {
	open := r.Decimal("quantity").Sub(r.Decimal("delivered_quantity"))
	others, err := found(tx, "service_confirmation", "sales_order", d.Text("sales_order"))
	if err != nil {
		return open, err
	}
	for _, c := range others {
		if c.Key() != d.Key() && c.State() == "confirmed" && c.Int("so_line") == r.Int("line_no") {
			open = open.Sub(c.Decimal("quantity"))
		}
	}
	return floor(open), nil
}

func costService(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("item") || d.Decimal("hourly_cost").Sign() != 0 {
		return nil
	}
	item, err := tx.Must("item", d.Text("item"))
	if err != nil {
		return err
	}
	d.Set("hourly_cost", item.Decimal("hourly_cost"))
	return nil
}

// goodsSigned says whether all goods of an order are with the customer.
func goodsSigned(o *native.Doc) bool {
	for _, r := range o.Rows("lines") {
		if !r.Bool("service") && r.Decimal("signed_quantity").Cmp(r.Decimal("quantity")) < 0 {
			return false
		}
	}
	return true
}

// deliverService bills a service with a delivery that carries nothing else.
func deliverService(tx *native.Tx, d, o *native.Doc) error {
	cost := d.Decimal("hours").Mul(d.Decimal("hourly_cost")).Round(2)
	dn, err := tx.Create("delivery", native.Fields{"sales_order": o.Key(), "lines": []native.Fields{{
		"so_line": d.Int("so_line"), "quantity": d.Decimal("quantity"), "cost": cost, "unit_cost": unitCost(cost, d.Decimal("quantity")),
		"service_confirmation": d.Key(),
	}}})
	if err != nil {
		return err
	}
	if err := tx.Act(dn, "post", nil); err != nil {
		return err
	}
	if err := tx.Act(dn, "sign", native.Fields{"signed_date": d.Date("performed_on")}); err != nil {
		return err
	}
	d.Set("delivery", dn.Key())
	return nil
}
