package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

func (b *books) cashRules() []native.Rule {
	return []native.Rule{
		{Entity: "cash_document", On: "record", Do: b.recordCash},
		{Entity: "cash_document", On: "identify", Do: b.identifyPayer},
		{Entity: "cash_document", On: "allocate_all", Do: b.matchAgain},
	}
}

// recordCash books a line of the bank account and sets it against what it pays.
func (b *books) recordCash(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("value_date") {
		d.Set("value_date", tx.Today())
	}
	if d.IsNull("account") {
		d.Set("account", b.role("bank"))
	}
	if d.Text("direction") == "out" {
		return b.pay(tx, d)
	}
	return b.receive(tx, d)
}

// receive books a customer payment: Dr bank / Cr receivables for what is matched, Cr advances for the rest, in one
// voucher (suite.md 3.e).
func (b *books) receive(tx *native.Tx, d *native.Doc) error {
	m, err := b.match(tx, d)
	if err != nil {
		return err
	}
	amount, matched := d.Decimal("amount"), m.total()
	e, err := b.post(tx, d.Text("currency"), entry{
		event: "e:rc:" + d.Text("bank_account") + ":" + d.Text("bank_ref"), date: d.Date("value_date"),
		summary: "收款 " + d.Key(), source: "finance.cash_document", key: d.Key(), order: m.order,
		lines: []line{
			debit(d.Text("account"), amount),
			credit(b.role("receivables"), matched).of(m.party),
			credit(b.role("advances"), amount.Sub(matched)).of(m.party),
		},
	})
	if err != nil {
		return err
	}
	d.Set("journal_entry", voucher(e))
	if m.party != "" {
		d.Set("party", m.party)
	}
	if m.order != "" {
		d.Set("sales_order", m.order)
	}
	d.Set("allocated_amount", matched)
	d.Set("advance_amount", amount.Sub(matched))
	return b.settleReceipt(tx, d, m, voucher(e))
}

// settleReceipt makes the allocations and the advance that the voucher booked.
func (b *books) settleReceipt(tx *native.Tx, d *native.Doc, m matching, entry string) error {
	orders := []string{m.order}
	for _, p := range m.parts {
		_, err := allocate(tx, allocationOf{
			kind: "receipt", cash: d.Key(), invoice: p.invoice.Key(), party: m.party, order: p.invoice.Text("sales_order"),
			currency: d.Text("currency"), amount: p.amount, on: d.Date("value_date"), entry: entry,
		})
		if err != nil {
			return err
		}
		if err := payInvoice(tx, p.invoice.Key(), p.amount, true); err != nil {
			return err
		}
		orders = append(orders, p.invoice.Text("sales_order"))
	}
	err := makeAdvance(tx, advanceOf{
		cash: d.Key(), party: m.party, order: m.order, invoice: m.awaited, currency: d.Text("currency"),
		on: d.Date("value_date"), amount: d.Decimal("amount").Sub(m.total()),
	})
	if err != nil {
		return err
	}
	return b.refresh(tx, m.party, orders...)
}

// identifyPayer says whose money it is; then it is matched like money that came with a name.
func (b *books) identifyPayer(tx *native.Tx, d *native.Doc) error {
	advances, err := advancesOf(tx, d.Key())
	if err != nil {
		return err
	}
	for _, a := range advances {
		if !a.IsNull("party") && a.Text("party") != d.Text("party") {
			return sihe.Rejected(sihe.CodeImmutable, "identify %s: it is an advance of %s already", d.Key(), a.Text("party")).At("party")
		}
		a.Set("party", d.Text("party"))
		a.Set("sales_order", d.Text("sales_order"))
		a.Set("invoice", d.Text("invoice"))
		settleAdvance(a)
		if err := tx.Save(a); err != nil {
			return err
		}
	}
	if err := b.matchAgain(tx, d); err != nil {
		return err
	}
	return b.refresh(tx, d.Text("party"), d.Was().Text("sales_order"), d.Text("sales_order"))
}

// matchAgain offers what is left of a customer payment to the invoices that are open now.
func (b *books) matchAgain(tx *native.Tx, d *native.Doc) error {
	if d.Text("direction") == "out" || d.IsNull("party") {
		return nil
	}
	invoices, err := openInvoices(tx, d.Text("party"))
	if err != nil {
		return err
	}
	orders := []string{d.Text("sales_order")}
	for _, i := range invoices {
		advances, err := advancesOf(tx, d.Key())
		if err != nil {
			return err
		}
		left := i.Decimal("outstanding")
		for _, a := range advances {
			part := left.Min(a.Decimal("open_amount"))
			if part.Sign() <= 0 || rank(a, i) == 0 {
				continue
			}
			if err := b.apply(tx, a, i, part); err != nil {
				return err
			}
			left = left.Sub(part)
		}
		orders = append(orders, i.Text("sales_order"))
	}
	return b.refresh(tx, d.Text("party"), orders...)
}

// advancesOf returns what is left in 2203 of one customer payment.
func advancesOf(tx *native.Tx, cash string) ([]*native.Doc, error) {
	var all []*native.Doc
	err := tx.Find("advance", "cash_document", cash, func(a *native.Doc) (bool, error) {
		if a.State() == "open" {
			all = append(all, a)
		}
		return true, nil
	})
	return all, err
}
