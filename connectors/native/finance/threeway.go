package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// threeWay compares every line of a bill with the order (price, tax rate) and with what was accepted and not billed yet
// (quantity). One difference holds the whole bill; each line says which it is and what it is worth.
func (b *books) threeWay(tx *native.Tx, d *native.Doc) error {
	var order *native.Doc
	if !d.IsNull("purchase_order") {
		o, ok, err := tx.Get("purchase_order", d.Text("purchase_order"))
		if err != nil {
			return err
		}
		if ok && o.Text("supplier") == d.Text("supplier") {
			order = o
		}
	}
	held, matched := sihe.Decimal{}, 0
	seen := map[int]sihe.Decimal{}
	for _, r := range d.Rows("lines") {
		if err := b.matchLine(tx, d, r, order, seen); err != nil {
			return err
		}
		if r.Text("match") == "matched" {
			matched++
		}
		held = held.Add(r.Decimal("difference_gross"))
	}
	status := "not_required"
	for _, r := range d.Rows("lines") {
		if m := r.Text("match"); m != "matched" && m != "not_required" {
			status = "exception"
		}
	}
	if status != "exception" && matched > 0 {
		status = "matched"
	}
	d.Set("match_status", status)
	d.Set("held_amount", held)
	return nil
}

// matchLine sets the line's result and its difference. seen holds what earlier lines of the same bill took of an order
// line.
func (b *books) matchLine(tx *native.Tx, d *native.Doc, r *native.Row, order *native.Doc, seen map[int]sihe.Decimal) error {
	r.Set("difference_quantity", nil)
	r.Set("difference_gross", nil)
	if !r.IsNull("account") {
		r.Set("match", "not_required")
		return nil
	}
	at := orderLine(order, r)
	if at < 0 {
		r.Set("match", "order")
		r.Set("difference_gross", r.Decimal("net").Add(r.Decimal("tax")))
		return nil
	}
	o := order.Rows("lines")[at]
	billed, err := billedQuantity(tx, d, order.Key(), o)
	if err != nil {
		return err
	}
	open := o.Decimal("accepted_quantity").Sub(billed).Sub(seen[at])
	seen[at] = seen[at].Add(r.Decimal("quantity"))
	withTax := sihe.DecimalFromInt(1).Add(r.Decimal("tax_rate"))
	over := r.Decimal("quantity").Sub(open)
	dearer := r.Decimal("unit_price").Sub(o.Decimal("unit_price"))
	switch {
	case over.Sign() > 0:
		r.Set("match", "quantity")
		r.Set("difference_quantity", over)
		r.Set("difference_gross", grossOf(over.Mul(r.Decimal("unit_price")), withTax))
	case dearer.Cmp(cent()) > 0 || dearer.Neg().Cmp(cent()) > 0:
		r.Set("match", "price")
		r.Set("difference_gross", grossOf(dearer.Mul(r.Decimal("quantity")), withTax))
	case !r.Decimal("tax_rate").Equal(o.Decimal("tax_rate")):
		r.Set("match", "tax")
		r.Set("difference_gross", r.Decimal("tax").Sub(r.Decimal("net").Mul(o.Decimal("tax_rate")).Round(2)))
	default:
		r.Set("match", "matched")
	}
	return nil
}

// grossOf rounds net and tax each, as the line does.
func grossOf(net, withTax sihe.Decimal) sihe.Decimal {
	net = net.Round(2)
	return net.Add(net.Mul(withTax.Sub(sihe.DecimalFromInt(1))).Round(2))
}

// orderLine finds the line that a bill's line is about: by its number, else the only one of its item.
func orderLine(order *native.Doc, r *native.Row) int {
	if order == nil {
		return -1
	}
	found := -1
	for i, o := range order.Rows("lines") {
		if !r.IsNull("order_line") {
			if o.Int("line_no") == r.Int("order_line") && (r.IsNull("item") || r.Text("item") == o.Text("item")) {
				return i
			}
			continue
		}
		if o.Text("item") == r.Text("item") {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// billedQuantity adds up what other posted bills took of an order line.
func billedQuantity(tx *native.Tx, d *native.Doc, order string, o *native.Row) (sihe.Decimal, error) {
	total := sihe.Decimal{}
	err := tx.Find("bill", "purchase_order", order, func(other *native.Doc) (bool, error) {
		if other.Key() == d.Key() || other.IsNull("journal_entry") {
			return true, nil
		}
		for _, r := range other.Rows("lines") {
			same := r.Text("item") == o.Text("item") && r.IsNull("account")
			if !r.IsNull("order_line") {
				same = r.Int("order_line") == o.Int("line_no")
			}
			if same {
				total = total.Add(r.Decimal("quantity"))
			}
		}
		return true, nil
	})
	return total, err
}

// orderValue is what the goods of a line were received at: quantity times the order's price. Without an order line (an
// override) it is what the bill says.
func (b *books) orderValue(tx *native.Tx, d *native.Doc, r *native.Row) (sihe.Decimal, error) {
	if d.IsNull("purchase_order") {
		return r.Decimal("net"), nil
	}
	order, ok, err := tx.Get("purchase_order", d.Text("purchase_order"))
	if err != nil || !ok {
		return r.Decimal("net"), err
	}
	at := orderLine(order, r)
	if at < 0 {
		return r.Decimal("net"), nil
	}
	return r.Decimal("quantity").Mul(order.Rows("lines")[at].Decimal("unit_price")).Round(2), nil
}
