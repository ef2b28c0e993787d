package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// pay books a payment to a supplier: Dr payables for the bills it settles / Cr bank. Only posted bills can be paid, and
// only a matched or overridden bill is ever posted (suite.md 3.g). What no bill asks for is refused unless the payment
// names a supplier and no bill is open: then it is a prepayment.
func (b *books) pay(tx *native.Tx, d *native.Doc) error {
	bills, err := b.billsToPay(tx, d)
	if err != nil {
		return err
	}
	left := d.Decimal("amount")
	var parts []sihe.Decimal
	for _, bill := range bills {
		part := left.Min(bill.Decimal("outstanding"))
		parts = append(parts, part)
		left = left.Sub(part)
	}
	if left.Sign() > 0 && len(bills) > 0 {
		return sihe.Rejected(sihe.CodeOverAllocation, "pay %s: %s more than the open bills", d.Text("bank_ref"), left).At("amount")
	}
	paid := d.Decimal("amount").Sub(left)
	e, err := b.post(tx, d.Text("currency"), entry{
		event: "g:pay:" + d.Text("bank_account") + ":" + d.Text("bank_ref"), date: d.Date("value_date"), summary: "付款 " + d.Key(),
		source: "finance.cash_document", key: d.Key(),
		lines: []line{
			debit(b.role("payables"), paid).of(d.Text("party")),
			debit(b.role("supplier_prepayments"), left).of(d.Text("party")),
			credit(d.Text("account"), d.Decimal("amount")),
		},
	})
	if err != nil {
		return err
	}
	d.Set("journal_entry", voucher(e))
	d.Set("allocated_amount", paid)
	for i, bill := range bills {
		if parts[i].Sign() <= 0 {
			continue
		}
		if err := b.payBill(tx, d, bill, parts[i], voucher(e)); err != nil {
			return err
		}
	}
	return nil
}

// billsToPay returns the bill that the payment names, else the supplier's open bills, the oldest due first.
func (b *books) billsToPay(tx *native.Tx, d *native.Doc) ([]*native.Doc, error) {
	if key := d.Text("bill"); key != "" {
		bill, err := tx.Must("bill", key)
		if err != nil {
			return nil, err
		}
		if bill.State() != "posted" {
			return nil, sihe.Rejected(sihe.CodeOverAllocation, "pay %s: it is %s", key, bill.State()).At("bill")
		}
		d.Set("party", bill.Text("supplier"))
		return []*native.Doc{bill}, nil
	}
	if d.IsNull("party") {
		return nil, sihe.Rejected(sihe.CodeOverAllocation, "pay %s: name the bill or the supplier", d.Text("bank_ref")).At("party")
	}
	var open []*native.Doc
	err := tx.Find("bill", "open_supplier", d.Text("party"), func(bill *native.Doc) (bool, error) {
		if bill.State() == "posted" && bill.Text("currency") == d.Text("currency") {
			open = append(open, bill)
		}
		return true, nil
	})
	sortByDue(open)
	return open, err
}

func (b *books) payBill(tx *native.Tx, d, bill *native.Doc, amount sihe.Decimal, entry string) error {
	_, err := allocate(tx, allocationOf{
		kind: "payment", cash: d.Key(), bill: bill.Key(), party: bill.Text("supplier"), currency: d.Text("currency"),
		amount: amount, on: d.Date("value_date"), entry: entry,
	})
	if err != nil {
		return err
	}
	bill.Set("paid_amount", bill.Decimal("paid_amount").Add(amount))
	settleBill(bill)
	if err := tx.Save(bill); err != nil {
		return err
	}
	return b.settlePurchase(tx, bill.Text("purchase_order"))
}
