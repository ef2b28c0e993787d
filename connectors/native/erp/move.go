package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Places outside the warehouses. What leaves one of them enters a warehouse, so that all places together stay at zero.
const (
	atSupplier   = "supplier"
	atCustomer   = "customer"
	atProduction = "production"
	atLoss       = "loss"
	atOpening    = "opening"
	atOther      = "other"
)

func outside(place string) bool {
	switch place {
	case atSupplier, atCustomer, atProduction, atLoss, atOpening, atOther:
		return true
	}
	return false
}

// endsOf says between which places a kind of move goes; "" is a warehouse.
func endsOf(kind string) (from, to string) {
	switch kind {
	case "opening":
		return atOpening, ""
	case "purchase_in":
		return atSupplier, ""
	case "purchase_return":
		return "", atSupplier
	case "production_issue":
		return "", atProduction
	case "production_return", "production_in":
		return atProduction, ""
	case "sales_out":
		return "", atCustomer
	case "sales_return":
		return atCustomer, ""
	case "count_gain":
		return atLoss, ""
	case "count_loss":
		return "", atLoss
	case "convert_out", "other_out":
		return "", atOther
	case "convert_in", "other_in":
		return atOther, ""
	}
	return "", "" // transfer
}

// A move is what one document does to the stock of one item.
type move struct {
	kind, item, from, to, source, key string // source: the kind of document; key: its number
	quantity                          sihe.Decimal
	value                             any // sihe.Decimal where it comes from outside, nil where the stock's average decides
}

// post writes a stock move and posts it; the returned document tells the value that moved.
func post(tx *native.Tx, m move) (*native.Doc, error) {
	from, to := endsOf(m.kind)
	if m.from == "" {
		m.from = from
	}
	if m.to == "" {
		m.to = to
	}
	d, err := tx.Create("stock_move", native.Fields{
		"move_type": m.kind, "item": m.item, "from_location": m.from, "to_location": m.to, "quantity": m.quantity,
		"value": m.value, "source_entity": m.source, "source_key": m.key,
	})
	if err != nil {
		return nil, err
	}
	return d, tx.Act(d, "post", nil)
}

// manualMove lets people post what no other document does: opening stock, transfers, other receipts and issues.
func manualMove(tx *native.Tx, d *native.Doc) error {
	switch d.Text("move_type") {
	case "opening", "transfer", "other_in", "other_out":
		return nil
	}
	if tx.Nested() {
		return nil
	}
	return sihe.Rejected(sihe.CodeMoveInvalid, "post %s: %s comes from its own document", d.Key(), d.Text("move_type")).At("move_type")
}

// postMove carries a move out: both places, value and average, in one transaction. It is the only code that changes
// quantities on hand.
func postMove(tx *native.Tx, d *native.Doc) error {
	item, err := tx.Must("item", d.Text("item"))
	if err != nil {
		return err
	}
	if err := checkMove(d, item); err != nil {
		return err
	}
	value, err := moveValue(tx, d)
	if err != nil {
		return err
	}
	d.Set("value", value)
	d.Set("unit_cost", unitCost(value, d.Decimal("quantity")))
	d.Set("posting_date", orDate(d, "posting_date", tx.Today()))
	if from := d.Text("from_location"); !outside(from) {
		if err := shift(tx, d, from, d.Decimal("quantity").Neg(), value.Neg()); err != nil {
			return err
		}
	}
	to := d.Text("to_location")
	if outside(to) {
		return nil
	}
	if err := shift(tx, d, to, d.Decimal("quantity"), value); err != nil {
		return err
	}
	switch d.Text("move_type") {
	case "production_in", "sales_return": // kept for whom they are for first
		return nil
	}
	return serveWaiting(tx, d.Text("item"), to, "")
}

func shift(tx *native.Tx, d *native.Doc, warehouse string, quantity, value sihe.Decimal) error {
	return changeLevel(tx, d.Text("item"), warehouse, func(l *native.Doc) {
		add(l, "on_hand_quantity", quantity)
		add(l, "value", value)
	})
}

func checkMove(d, item *native.Doc) error {
	from, to := endsOf(d.Text("move_type"))
	fits := func(place, want string) bool { return place == want || (want == "" && place != "" && !outside(place)) }
	switch {
	case d.Decimal("quantity").Sign() <= 0:
		return sihe.Rejected(sihe.CodeMoveInvalid, "post %s: the quantity must be above zero", d.Key()).At("quantity")
	case !item.Bool("stocked"):
		return sihe.Rejected(sihe.CodeMoveInvalid, "post %s: %s is not kept in stock", d.Key(), item.Key()).At("item")
	case !fits(d.Text("from_location"), from) || !fits(d.Text("to_location"), to):
		return sihe.Rejected(sihe.CodeMoveInvalid, "post %s: %s does not go from %s to %s", d.Key(), d.Text("move_type"), d.Text("from_location"), d.Text("to_location"))
	case d.Text("from_location") == d.Text("to_location"):
		return sihe.Rejected(sihe.CodeMoveInvalid, "post %s: both places are %s", d.Key(), d.Text("to_location")).At("to_location")
	}
	return nil
}

// moveValue is the value that goes along: the average of the warehouse it leaves, or what the document says when it
// comes from outside. A gain without a value comes in at the average, so that it does not change it.
func moveValue(tx *native.Tx, d *native.Doc) (sihe.Decimal, error) {
	from, quantity := d.Text("from_location"), d.Decimal("quantity")
	if !outside(from) {
		s, err := stockOf(tx, d.Text("item"), from)
		if err != nil {
			return sihe.Decimal{}, err
		}
		if quantity.Cmp(s.onHand.Sub(s.reserved)) > 0 {
			return sihe.Decimal{}, sihe.Rejected(sihe.CodeStockShort, "post %s: take %s of %s from %s: on hand %s, of it reserved %s", d.Key(), quantity, d.Text("item"), from, s.onHand, s.reserved).At("quantity")
		}
		return valueOut(s.value, s.onHand, quantity), nil
	}
	switch {
	case !d.IsNull("value"):
		return d.Decimal("value"), nil
	case !d.IsNull("unit_cost"):
		return d.Decimal("unit_cost").Mul(quantity).Round(2), nil
	case d.Text("move_type") == "count_gain":
		s, err := stockOf(tx, d.Text("item"), d.Text("to_location"))
		if err != nil || s.onHand.Sign() == 0 {
			return sihe.Decimal{}, err
		}
		return s.value.Mul(quantity).Div(s.onHand, 2), nil
	}
	return sihe.Decimal{}, sihe.Rejected(sihe.CodeMoveInvalid, "post %s: what comes from outside needs a value or a unit cost", d.Key()).At("value")
}
