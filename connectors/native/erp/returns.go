package erp

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// expectReturn ties what a customer wants to send back to the deliveries it came with, price and cost included. More than
// was delivered and not returned or announced yet is refused.
func expectReturn(tx *native.Tx, d *native.Doc) error {
	deliveries, err := returnable(tx, d)
	if err != nil {
		return err
	}
	d.Set("sales_order", deliveries[0].Text("sales_order"))
	d.Set("source_order", deliveries[0].Text("source_order"))
	d.Set("buyer", deliveries[0].Text("buyer"))
	d.Set("currency", deliveries[0].Text("currency"))
	wanted := d.Rows("lines")
	if len(wanted) == 0 {
		return sihe.Rejected(sihe.CodeLineUnknown, "expect return %s: it has no lines", d.Text("source_return")).At("lines")
	}
	announced, err := announcedReturns(tx, d)
	if err != nil {
		return err
	}
	d.Set("lines", nil)
	for i, w := range wanted {
		if err := expectLineBack(tx, d, deliveries, w, announced, i); err != nil {
			return err
		}
	}
	return nil
}

// returnable are the signed deliveries that the goods can come from: the one named, or all of the order, latest first.
func returnable(tx *native.Tx, d *native.Doc) ([]*native.Doc, error) {
	if !d.IsNull("delivery") {
		dn, err := tx.Must("delivery", d.Text("delivery"))
		if err != nil {
			return nil, err
		}
		if dn.State() != "signed" {
			return nil, sihe.Rejected(sihe.CodeReturnQuantity, "expect return of %s: it is %s", dn.Key(), dn.State()).At("delivery")
		}
		return []*native.Doc{dn}, nil
	}
	o, err := orderOf(tx, d)
	if err != nil {
		return nil, err
	}
	var signed []*native.Doc
	if o != nil {
		all, err := found(tx, "delivery", "sales_order", o.Key())
		if err != nil {
			return nil, err
		}
		signed = slices.DeleteFunc(all, func(dn *native.Doc) bool { return dn.State() != "signed" })
		slices.Reverse(signed)
	}
	if len(signed) == 0 {
		return nil, sihe.Rejected(sihe.CodeReturnQuantity, "expect return %s: nothing was delivered and signed", d.Text("source_return")).At("delivery")
	}
	return signed, nil
}

// A place is one line of one delivery.
type place struct {
	delivery string
	line     int64
}

// announcedReturns adds up what other returns of the same deliveries still expect.
func announcedReturns(tx *native.Tx, d *native.Doc) (map[place]sihe.Decimal, error) {
	others, err := found(tx, "return_receipt", "sales_order", d.Text("sales_order"))
	if err != nil {
		return nil, err
	}
	sum := map[place]sihe.Decimal{}
	for _, o := range others {
		if o.State() != "expected" || o.Key() == d.Key() {
			continue
		}
		for _, r := range o.Rows("lines") {
			p := place{r.Text("delivery"), r.Int("line_no")}
			sum[p] = sum[p].Add(r.Decimal("quantity"))
		}
	}
	return sum, nil
}

// expectLineBack spreads one wanted line over the deliveries and prices each part as it was sold.
func expectLineBack(tx *native.Tx, d *native.Doc, deliveries []*native.Doc, w *native.Row, announced map[place]sihe.Decimal, i int) error {
	rest := w.Decimal("quantity")
	if rest.Sign() <= 0 {
		return sihe.Rejected(sihe.CodeReturnQuantity, "expect return of %s: a quantity above zero is needed", w.Text("item")).At(linePath(i, "quantity"))
	}
	item, err := tx.Must("item", w.Text("item"))
	if err != nil {
		return err
	}
	for _, dn := range deliveries {
		for _, r := range dn.Rows("lines") {
			p := place{dn.Key(), r.Int("so_line")}
			if r.Bool("service") || r.Text("item") != item.Key() || (!w.IsNull("line_no") && w.Int("line_no") != p.line) {
				continue
			}
			before := r.Decimal("returned_quantity").Add(announced[p])
			q := rest.Min(floor(r.Decimal("quantity").Sub(before)))
			if q.Sign() <= 0 {
				continue
			}
			a := amountAfter(r.Decimal("unit_price"), r.Decimal("tax_rate"), before, q)
			cost := shareAfter(r.Decimal("cost"), r.Decimal("quantity"), before, q)
			d.AddRow("lines", native.Fields{
				"line_no": p.line, "item": item.Key(), "quantity": q, "delivery": dn.Key(), "unit_price": r.Decimal("unit_price"),
				"tax_rate": r.Decimal("tax_rate"), "gross": a.gross, "net": a.net, "tax": a.tax, "cost": cost, "unit_cost": unitCost(cost, q),
				"valuation_class": item.Text("valuation_class"),
			})
			announced[p] = announced[p].Add(q)
			rest = rest.Sub(q)
		}
	}
	if rest.Sign() > 0 {
		return sihe.Rejected(sihe.CodeReturnQuantity, "expect return of %s %s: %s more than was delivered and not returned", w.Decimal("quantity"), item.Key(), rest).At(linePath(i, "quantity"))
	}
	return nil
}

// receiveReturn takes the goods into quality hold at the cost they left with, whatever becomes of them there.
func receiveReturn(tx *native.Tx, d *native.Doc) error {
	d.Set("received_on", orDate(d, "received_on", tx.Today()))
	if d.IsNull("inspection_result") {
		return sihe.Rejected(sihe.CodeInspectionMissing, "receive %s: say what the inspection found", d.Key()).At("inspection_result")
	}
	into, err := qualityWarehouse(tx, d)
	if err != nil {
		return err
	}
	d.Set("warehouse", into)
	o, err := tx.Must("sales_order", d.Text("sales_order"))
	if err != nil {
		return err
	}
	for i, r := range d.Rows("lines") {
		if err := receiveBack(tx, d, o, r, into, i); err != nil {
			return err
		}
	}
	return tx.Save(o)
}

func receiveBack(tx *native.Tx, d, o *native.Doc, r *native.Row, into string, i int) error {
	quantity := r.Decimal("quantity")
	dn, err := tx.Must("delivery", r.Text("delivery"))
	if err != nil {
		return err
	}
	shipped, ok := rowWhere(dn, "so_line", r.Int("line_no"))
	if !ok || shipped.Decimal("returned_quantity").Add(quantity).Cmp(shipped.Decimal("quantity")) > 0 {
		return sihe.Rejected(sihe.CodeReturnQuantity, "receive %s: line %d: more than was delivered", d.Key(), r.Int("line_no")).At(linePath(i, "quantity"))
	}
	add(shipped, "returned_quantity", quantity)
	if err := tx.Save(dn); err != nil {
		return err
	}
	if ordered, ok := rowWhere(o, "line_no", r.Int("line_no")); ok {
		add(ordered, "returned_quantity", quantity)
	}
	item, err := tx.Must("item", r.Text("item"))
	if err != nil || !item.Bool("stocked") {
		return err
	}
	_, err = post(tx, move{kind: "sales_return", item: item.Key(), to: into, quantity: quantity, value: r.Decimal("cost"), source: "return_receipt", key: d.Key()})
	return err
}

// qualityWarehouse is where returned goods go: what the document says, the policy's, else the first of that kind.
func qualityWarehouse(tx *native.Tx, d *native.Doc) (string, error) {
	if w := d.Text("warehouse"); w != "" {
		return w, nil
	}
	p, err := policyOf(tx)
	if err != nil || p.qualityWarehouse != "" {
		return p.qualityWarehouse, err
	}
	var first string
	err = tx.List("warehouse", func(w *native.Doc) (bool, error) {
		if w.Text("kind") == "quality_hold" {
			first = w.Key()
		}
		return first == "", nil
	})
	if err == nil && first == "" {
		err = sihe.Rejected(sihe.CodeMoveInvalid, "receive %s: there is no warehouse for quality hold", d.Key()).At("warehouse")
	}
	return first, err
}
