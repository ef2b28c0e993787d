package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

func (b *books) creditRules() []native.Rule {
	return []native.Rule{
		{Entity: "party", On: "copy", Do: b.noteParty},
		{Entity: "sales_order", On: "copy", Do: b.noteOrder},
		{Entity: "credit", On: "verify_tax", Do: verifyTax},
		{Entity: "credit", On: "place_hold", Do: func(_ *native.Tx, d *native.Doc) error {
			d.Set("hold", true)
			return nil
		}},
		{Entity: "credit", On: "lift_hold", Do: func(_ *native.Tx, d *native.Doc) error {
			d.Set("hold", false)
			d.Set("hold_reason", nil)
			return nil
		}},
	}
}

// noteParty gives a new customer a credit record.
func (b *books) noteParty(tx *native.Tx, d *native.Doc) error {
	return b.settleCredit(tx, d.Key())
}

// noteOrder takes an order into the exposure, with the state that has just arrived.
func (b *books) noteOrder(tx *native.Tx, d *native.Doc) error {
	if err := b.settleOrder(tx, d.Key()); err != nil {
		return err
	}
	return b.settleCredit(tx, d.Text("buyer"))
}

// settleCredit recomputes a customer's exposure: receivables + ordered and not invoiced − unapplied advances, in the
// currency of his limit. Only open documents are read, so it does not get slower with a customer's history.
func (b *books) settleCredit(tx *native.Tx, party string) error {
	d, ok, err := tx.Get("credit", party)
	if err == nil && !ok {
		d, err = openCredit(tx, party)
	}
	if err != nil {
		return err
	}
	var receivables, overdue, orders, advances sihe.Decimal
	add := func(entity string, each func(*native.Doc)) error {
		return tx.Find(entity, "open_party", party, func(x *native.Doc) (bool, error) {
			if x.Text("currency") == d.Text("currency") {
				each(x)
			}
			return true, nil
		})
	}
	err = add("invoice", func(x *native.Doc) {
		receivables = receivables.Add(x.Decimal("outstanding"))
		if x.Bool("overdue") {
			overdue = overdue.Add(x.Decimal("outstanding"))
		}
	})
	if err == nil {
		err = add("order_settlement", func(x *native.Doc) { orders = orders.Add(x.Decimal("open_amount")) })
	}
	if err == nil {
		err = add("advance", func(x *native.Doc) { advances = advances.Add(x.Decimal("open_amount")) })
	}
	if err != nil {
		return err
	}
	d.Set("receivables", receivables)
	d.Set("open_orders", orders)
	d.Set("advances", advances)
	d.Set("exposure", receivables.Add(orders).Sub(advances))
	d.Set("overdue", overdue)
	return tx.Save(d)
}

// openCredit makes a credit record with limit 0: nobody ships on credit before finance has said so.
func openCredit(tx *native.Tx, party string) (*native.Doc, error) {
	f := native.Fields{"party_no": party}
	p, ok, err := tx.Get("party", party)
	if err != nil {
		return nil, err
	}
	if ok {
		f["currency"] = p.Text("currency")
	}
	return tx.Create("credit", f)
}

// verifyTax lets the customer's blocked invoices go out.
func verifyTax(tx *native.Tx, d *native.Doc) error {
	d.Set("tax_info_verified", true)
	open, err := openInvoices(tx, d.Key())
	if err != nil {
		return err
	}
	for _, i := range open {
		if i.Text("issue_status") != "blocked" {
			continue
		}
		i.Set("issue_status", "requested")
		if err := tx.Save(i); err != nil {
			return err
		}
	}
	return nil
}
