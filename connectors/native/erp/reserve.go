package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A demand is what stock is kept for: a line of a sales order, or the material of a work order.
type demand struct {
	order           string // sales order; also set for a work order that serves one
	line            int64
	work            string // work order, when the demand is its material
	item, warehouse string
}

// reserve keeps a quantity for a demand. It is one conditional change of the stock level: what is not available is
// refused, and nothing is kept.
func reserve(tx *native.Tx, dm demand, quantity sihe.Decimal) error {
	if quantity.Sign() <= 0 {
		return nil
	}
	d, ok, err := reservationFor(tx, dm)
	if err != nil {
		return err
	}
	if !ok {
		if d, err = tx.Create("reservation", dm.fields()); err != nil {
			return err
		}
	}
	add(d, "quantity", quantity)
	add(d, "open_quantity", quantity)
	if err := tx.Save(d); err != nil {
		return err
	}
	return changeLevel(tx, dm.item, dm.warehouse, func(l *native.Doc) { add(l, "reserved_quantity", quantity) })
}

// free gives a reservation back, wholly or in part; use takes it up right before the stock leaves.
func free(tx *native.Tx, dm demand, quantity sihe.Decimal) error {
	return shrink(tx, dm, quantity, "release")
}

func use(tx *native.Tx, dm demand, quantity sihe.Decimal) error {
	return shrink(tx, dm, quantity, "consume")
}

func shrink(tx *native.Tx, dm demand, quantity sihe.Decimal, end string) error {
	if quantity.Sign() <= 0 {
		return nil
	}
	d, ok, err := reservationFor(tx, dm)
	if err != nil {
		return err
	}
	if !ok || d.Decimal("open_quantity").Cmp(quantity) < 0 {
		return sihe.Rejected(sihe.CodeStockShort, "%s %s of %s for %s: not that much is reserved", end, quantity, dm.item, dm.name())
	}
	if err := changeLevel(tx, dm.item, dm.warehouse, func(l *native.Doc) { add(l, "reserved_quantity", quantity.Neg()) }); err != nil {
		return err
	}
	add(d, "open_quantity", quantity.Neg())
	if d.Decimal("open_quantity").Sign() > 0 {
		return tx.Save(d)
	}
	return tx.Act(d, end, nil)
}

// reservationFor finds the active reservation of a demand.
func reservationFor(tx *native.Tx, dm demand) (*native.Doc, bool, error) {
	field, key := "sales_order", dm.order
	if dm.work != "" {
		field, key = "production_order", dm.work
	}
	var found *native.Doc
	err := tx.Find("reservation", field, key, func(d *native.Doc) (bool, error) {
		if d.State() == "active" && d.Text("production_order") == dm.work && d.Int("so_line") == dm.line &&
			d.Text("item") == dm.item && d.Text("warehouse") == dm.warehouse {
			found = d
		}
		return found == nil, nil
	})
	return found, found != nil, err
}

func (dm demand) name() string {
	if dm.work != "" {
		return dm.work
	}
	return dm.order
}

func (dm demand) fields() native.Fields {
	kind := "sales_order"
	if dm.work != "" {
		kind = "production_order"
	}
	f := native.Fields{
		"demand": kind, "sales_order": dm.order, "production_order": dm.work, "item": dm.item, "warehouse": dm.warehouse, "quantity": sihe.Decimal{},
	}
	if dm.line != 0 {
		f["so_line"] = dm.line
	}
	return f
}

// serveWaiting gives stock that has become free to the order lines that wait for bought goods, first come first served.
// The order named except is passed over: it is the one that gave the stock back.
func serveWaiting(tx *native.Tx, item, warehouse, except string) error {
	s, err := stockOf(tx, item, warehouse)
	if err != nil || s.short.Sign() <= 0 || s.available().Sign() <= 0 {
		return err
	}
	left := s.available().Min(s.short)
	for _, state := range []string{"released", "accepted"} {
		waiting, err := found(tx, "sales_order", "state", state)
		if err != nil {
			return err
		}
		for _, o := range waiting {
			if o.Key() == except {
				continue
			}
			if left, err = serveOrder(tx, o, item, warehouse, left); err != nil || left.Sign() == 0 {
				return err
			}
		}
	}
	return nil
}

// found collects the documents with a value in an indexed field, so that they may be changed while one goes over them.
func found(tx *native.Tx, entity, field, value string) ([]*native.Doc, error) {
	var docs []*native.Doc
	err := tx.Find(entity, field, value, func(d *native.Doc) (bool, error) {
		docs = append(docs, d)
		return true, nil
	})
	return docs, err
}

// serveOrder reserves for the lines of one order and returns what is left.
func serveOrder(tx *native.Tx, o *native.Doc, item, warehouse string, left sihe.Decimal) (sihe.Decimal, error) {
	changed := false
	for _, r := range o.Rows("lines") {
		q := left.Min(r.Decimal("to_buy_quantity"))
		if r.Text("item") != item || r.Text("warehouse") != warehouse || q.Sign() <= 0 {
			continue
		}
		if err := reserve(tx, demand{order: o.Key(), line: r.Int("line_no"), item: item, warehouse: warehouse}, q); err != nil {
			return left, err
		}
		if err := project(tx, item, warehouse, "short_quantity", q.Neg()); err != nil {
			return left, err
		}
		add(r, "to_buy_quantity", q.Neg())
		add(r, "reserved_quantity", q)
		left, changed = left.Sub(q), true
	}
	if !changed {
		return left, nil
	}
	return left, tx.Save(o)
}
