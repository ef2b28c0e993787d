package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// finishCount compares what was counted with the book of this moment and values the difference at the average.
func finishCount(tx *native.Tx, d *native.Doc) error {
	d.Set("counted_on", orDate(d, "counted_on", tx.Today()))
	clearApproval(d)
	for _, r := range d.Rows("lines") {
		item, err := tx.Must("item", r.Text("item"))
		if err != nil {
			return err
		}
		s, err := stockOf(tx, item.Key(), d.Text("warehouse"))
		if err != nil {
			return err
		}
		r.Set("book_quantity", s.onHand)
		r.Set("unit_cost", unitCost(s.value, s.onHand))
		r.Set("valuation_class", item.Text("valuation_class"))
		difference := r.Decimal("counted_quantity").Sub(s.onHand)
		switch {
		case difference.Sign() < 0:
			r.Set("value", valueOut(s.value, s.onHand, difference.Neg()).Neg())
		case s.onHand.Sign() > 0:
			r.Set("value", s.value.Mul(difference).Div(s.onHand, 2))
		default:
			r.Set("value", sihe.Decimal{})
		}
	}
	return nil
}

// postCount makes the book what was counted. Stock that moved between count and decision keeps its own moves: only the
// difference is posted.
func postCount(tx *native.Tx, d *native.Doc) error {
	for i, r := range d.Rows("lines") {
		difference := r.Decimal("counted_quantity").Sub(r.Decimal("book_quantity"))
		m := move{item: r.Text("item"), source: "stock_count", key: d.Key(), quantity: difference}
		switch difference.Sign() {
		case 0:
			continue
		case 1:
			m.kind, m.to = "count_gain", d.Text("warehouse")
			m.value = r.Decimal("value")
		default:
			m.kind, m.from, m.quantity = "count_loss", d.Text("warehouse"), difference.Neg()
		}
		posted, err := post(tx, m)
		if err != nil {
			return err
		}
		value := posted.Decimal("value")
		if difference.Sign() < 0 {
			value = value.Neg()
		}
		if !value.Equal(r.Decimal("value")) {
			return sihe.Rejected(sihe.CodeHashMismatch, "post %s: %s is worth %s now, %s was approved; count again", d.Key(), r.Text("item"), value, r.Decimal("value")).At(linePath(i, "value"))
		}
	}
	return nil
}

// recount opens a new revision for a count that was not believed.
func recount(_ *native.Tx, d *native.Doc) error {
	d.Set("revision", d.Int("revision")+1)
	return nil
}

// postConversion turns one item into another: what leaves at its average arrives with the same value.
func postConversion(tx *native.Tx, d *native.Doc) error {
	d.Set("posting_date", orDate(d, "posting_date", tx.Today()))
	out, err := post(tx, move{kind: "convert_out", item: d.Text("from_item"), from: d.Text("from_warehouse"), quantity: d.Decimal("from_quantity"), source: "stock_conversion", key: d.Key()})
	if err != nil {
		return err
	}
	d.Set("value", out.Decimal("value"))
	_, err = post(tx, move{kind: "convert_in", item: d.Text("to_item"), to: d.Text("to_warehouse"), quantity: d.Decimal("to_quantity"), value: out.Decimal("value"), source: "stock_conversion", key: d.Key()})
	return err
}
