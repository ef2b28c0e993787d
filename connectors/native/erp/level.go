package erp

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// levelKey is the key of the stock level of an item in a warehouse.
func levelKey(item, warehouse string) string { return item + "@" + warehouse }

// levelOf returns the stock level of an item in a warehouse; false where nothing ever happened.
func levelOf(tx *native.Tx, item, warehouse string) (*native.Doc, bool, error) {
	return tx.Get("stock_level", levelKey(item, warehouse))
}

// changeLevel changes the projection of an item in a warehouse and checks what must always hold (ACC-05): on hand ≥
// reserved ≥ 0. A change that would break it is refused, so two orders that race for the last piece cannot both get it.
func changeLevel(tx *native.Tx, item, warehouse string, change func(*native.Doc)) error {
	d, ok, err := levelOf(tx, item, warehouse)
	if err != nil {
		return err
	}
	if !ok {
		if d, err = tx.Create("stock_level", native.Fields{"item": item, "warehouse": warehouse}); err != nil {
			return err
		}
	}
	change(d)
	onHand := d.Decimal("on_hand_quantity")
	blocked, err := blockedIn(tx, warehouse, onHand)
	if err != nil {
		return err
	}
	d.Set("blocked_quantity", blocked)
	reserved := d.Decimal("reserved_quantity")
	if onHand.Sign() < 0 || reserved.Sign() < 0 || reserved.Cmp(onHand.Sub(blocked)) > 0 {
		return sihe.Rejected(sihe.CodeStockShort, "change stock of %s in %s: on hand %s, reserved %s, blocked %s", item, warehouse, onHand, reserved, blocked)
	}
	if d.Decimal("value").Sign() < 0 {
		return sihe.Rejected(sihe.CodeMoveInvalid, "change stock of %s in %s: the value would be %s", item, warehouse, d.Decimal("value"))
	}
	d.Set("average_cost", unitCost(d.Decimal("value"), onHand))
	return tx.Save(d)
}

// blockedIn is how much of the stock in a warehouse must not be promised: all of it in quality hold and in the office.
func blockedIn(tx *native.Tx, warehouse string, onHand sihe.Decimal) (sihe.Decimal, error) {
	w, err := tx.Must("warehouse", warehouse)
	if err != nil {
		return sihe.Decimal{}, err
	}
	if k := w.Text("kind"); k == "quality_hold" || k == "office" {
		return onHand, nil
	}
	return sihe.Decimal{}, nil
}

// floor is x, but at least nothing: plans may be smaller than what has come of them.
func floor(x sihe.Decimal) sihe.Decimal { return x.Max(sihe.Decimal{}) }

// project changes what is planned for an item without touching stock: planned use, requests, awaited quantity.
// What is not kept in stock has no warehouse and nothing to plan.
func project(tx *native.Tx, item, warehouse, field string, delta sihe.Decimal) error {
	if delta.Sign() == 0 || warehouse == "" {
		return nil
	}
	return changeLevel(tx, item, warehouse, func(d *native.Doc) {
		d.Set(field, floor(d.Decimal(field).Add(delta)))
	})
}

// expect says how much of an item is still to come from a source, and when; a quantity of nothing removes the source.
func expect(tx *native.Tx, item, warehouse, source string, due expr.Date, quantity sihe.Decimal) error {
	return changeLevel(tx, item, warehouse, func(d *native.Doc) {
		others := slices.DeleteFunc(d.Rows("incoming"), func(r *native.Row) bool { return r.Text("source") == source })
		d.Set("incoming", others)
		if quantity.Sign() > 0 {
			d.AddRow("incoming", native.Fields{"source": source, "date": due, "quantity": quantity})
		}
	})
}

// A stock is what a stock level says at one moment; all quantities are zero where there is no level.
type stock struct {
	onHand, reserved, blocked, incoming, requested, required, short, value sihe.Decimal
	arrivals                                                               []slot // incoming with a date, quantity as hours
}

// available is the quantity that can be promised now (ATP): on hand less reserved less blocked.
func (s stock) available() sihe.Decimal { return s.onHand.Sub(s.reserved).Sub(s.blocked) }

// unplanned is what no order, planned work order or waiting line has a claim to; it is negative when claims are larger.
func (s stock) unplanned() sihe.Decimal { return s.available().Sub(s.required).Sub(s.short) }

// onOrder is what is coming: ordered or requested.
func (s stock) onOrder() sihe.Decimal { return s.incoming.Add(s.requested) }

func stockOf(tx *native.Tx, item, warehouse string) (stock, error) {
	d, ok, err := levelOf(tx, item, warehouse)
	if err != nil || !ok {
		return stock{}, err
	}
	s := stock{
		onHand: d.Decimal("on_hand_quantity"), reserved: d.Decimal("reserved_quantity"), blocked: d.Decimal("blocked_quantity"),
		incoming: d.Decimal("incoming_quantity"), requested: d.Decimal("requested_quantity"),
		required: d.Decimal("required_quantity"), short: d.Decimal("short_quantity"), value: d.Decimal("value"),
	}
	for _, r := range d.Rows("incoming") {
		if !r.IsNull("date") {
			s.arrivals = append(s.arrivals, slot{r.Date("date"), r.Decimal("quantity")})
		}
	}
	return s, nil
}

// homeOf is the warehouse where an item lies unless a document says otherwise.
func homeOf(item *native.Doc) (string, error) {
	if w := item.Text("warehouse"); w != "" {
		return w, nil
	}
	return "", sihe.Rejected(sihe.CodeMoveInvalid, "find the warehouse of %s: the item has no default warehouse", item.Key())
}

// orDate returns the record's date, or another one where it has none.
func orDate(d *native.Doc, field string, other expr.Date) expr.Date {
	if d.IsNull(field) {
		return other
	}
	return d.Date(field)
}
