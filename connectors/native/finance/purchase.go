package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// noteOrderReceived looks again at the bills that wait for goods, now that the order says what was accepted.
func (b *books) noteOrderReceived(tx *native.Tx, d *native.Doc) error {
	if err := b.settlePurchase(tx, d.Key()); err != nil {
		return err
	}
	return tx.Find("bill", "purchase_order", d.Key(), func(bill *native.Doc) (bool, error) {
		if bill.State() != "exception" {
			return true, nil
		}
		return true, tx.Act(bill, "rematch", nil)
	})
}

// noteReceived refreshes the order of an entry that moves received-not-billed. A bill refreshes its order itself, when
// all of it is known.
func (b *books) noteReceived(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("order_no") || d.Text("source_entity") == sourceBill {
		return nil
	}
	account := b.role("received_not_billed")
	for _, r := range d.Rows("lines") {
		if r.Text("account") == account {
			return b.settlePurchase(tx, d.Text("order_no"))
		}
	}
	return nil
}

// purchaseFigures are the absolute values of one purchase order.
type purchaseFigures struct {
	received, billedNet     sihe.Decimal
	billed, paid, remaining sihe.Decimal
	supplier                string
}

// settlePurchase recomputes one purchase order.
func (b *books) settlePurchase(tx *native.Tx, no string) error {
	if no == "" {
		return nil
	}
	f, err := b.purchaseFigures(tx, no)
	if err != nil {
		return err
	}
	order, there, err := tx.Get("purchase_order", no)
	if err != nil {
		return err
	}
	d, ok, err := tx.Get("purchase_settlement", no)
	if err == nil && !ok {
		if f.received.Sign() == 0 && f.billed.Sign() == 0 {
			return nil // nothing to tell about an order yet
		}
		d, err = tx.Create("purchase_settlement", native.Fields{"order_no": no})
	}
	if err != nil {
		return err
	}
	ordered := f.billedNet
	if there {
		d.Set("supplier", order.Text("supplier"))
		d.Set("currency", order.Text("currency"))
		if s := order.State(); s != "closed" && s != "cancelled" && s != "received" {
			ordered = order.Decimal("net_total")
		}
	} else if f.supplier != "" {
		d.Set("supplier", f.supplier)
	}
	d.Set("received_amount", f.received)
	d.Set("billed_net", f.billedNet)
	d.Set("received_not_billed", f.received.Sub(f.billedNet))
	d.Set("billed_amount", f.billed)
	d.Set("paid_amount", f.paid)
	d.Set("outstanding_amount", f.remaining)
	d.Set("billing_status", billingStatus(ordered.Max(f.received), f.billedNet))
	return tx.Save(d)
}

// purchaseFigures adds up what the books and the bills say about one order.
func (b *books) purchaseFigures(tx *native.Tx, no string) (purchaseFigures, error) {
	var f purchaseFigures
	account := b.role("received_not_billed")
	err := tx.Find("journal_entry", "order_no", no, func(e *native.Doc) (bool, error) {
		if !inBooks(e) {
			return true, nil
		}
		for _, r := range e.Rows("lines") {
			if r.Text("account") != account {
				continue
			}
			if e.Text("source_entity") == sourceBill {
				f.billedNet = f.billedNet.Add(r.Decimal("debit")).Sub(r.Decimal("credit"))
			} else {
				f.received = f.received.Add(r.Decimal("credit")).Sub(r.Decimal("debit"))
			}
		}
		return true, nil
	})
	if err != nil {
		return f, err
	}
	err = tx.Find("bill", "purchase_order", no, func(d *native.Doc) (bool, error) {
		if d.IsNull("journal_entry") {
			return true, nil
		}
		f.supplier = d.Text("supplier")
		f.billed = f.billed.Add(d.Decimal("gross_total"))
		f.paid = f.paid.Add(d.Decimal("paid_amount"))
		f.remaining = f.remaining.Add(d.Decimal("outstanding"))
		return true, nil
	})
	return f, err
}

// inBooks says whether an entry counts: posted or about to be, also when it was reversed by another one.
func inBooks(e *native.Doc) bool {
	s := e.Next()
	return s == "posted" || s == "reversed"
}
