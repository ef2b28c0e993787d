package finance

import (
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

func (b *books) purchaseRules() []native.Rule {
	return []native.Rule{
		{Entity: "bill", On: "create", Do: b.recordBill},
		{Entity: "bill", On: "correct", Do: b.recordBill},
		{Entity: "bill", On: "rematch", Do: b.recordBill},
		{Entity: "bill", On: "post", Do: b.postBill},
		{Entity: "bill", On: "override", Do: b.overrideBill},
		{Entity: "bill", On: "compensate", Do: b.compensateBill},
		{Entity: "purchase_order", On: "copy", Do: b.noteOrderReceived},
	}
}

// sourceBill is what entries of bills name as their source.
const sourceBill = "finance.bill"

// recordBill computes the amounts and matches the bill three ways (suite.md 3.g).
func (b *books) recordBill(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("invoice_date") {
		d.Set("invoice_date", tx.Today())
	}
	if len(d.Rows("lines")) == 0 {
		return sihe.Rejected(sihe.CodeNothingToInvoice, "record bill %s: it has no lines", d.Text("supplier_invoice_no")).At("lines")
	}
	for i, r := range d.Rows("lines") {
		if err := billLine(d, r, i); err != nil {
			return err
		}
	}
	d.Set("due_date", d.Date("invoice_date").AddDays(int(d.Int("payment_days"))))
	return b.threeWay(tx, d)
}

// cent is how far a supplier's own rounding may be from ours.
func cent() sihe.Decimal { return sihe.MustDecimal("0.01") }

// billLine completes a line and checks that its amounts belong together.
func billLine(d *native.Doc, r *native.Row, n int) error {
	if !r.IsNull("quantity") && !r.IsNull("unit_price") {
		if err := closeTo(d, r, n, "net", r.Decimal("quantity").Mul(r.Decimal("unit_price")).Round(2)); err != nil {
			return err
		}
	}
	if r.IsNull("net") {
		return sihe.Rejected(sihe.CodeTotalMismatch, "record bill %s: line %d has no amount", d.Text("supplier_invoice_no"), n+1).At(fmt.Sprintf("lines[%d].net", n))
	}
	return closeTo(d, r, n, "tax", r.Decimal("net").Mul(r.Decimal("tax_rate")).Round(2))
}

// closeTo sets an amount that is missing and refuses one that is more than a cent away.
func closeTo(d *native.Doc, r *native.Row, n int, field string, want sihe.Decimal) error {
	if r.IsNull(field) {
		r.Set(field, want)
		return nil
	}
	diff := r.Decimal(field).Sub(want)
	if diff.Cmp(cent()) > 0 || diff.Neg().Cmp(cent()) > 0 {
		return sihe.Rejected(sihe.CodeTotalMismatch, "record bill %s: line %d: %s is %s and should be %s", d.Text("supplier_invoice_no"),
			n+1, field, r.Decimal(field), want).At(fmt.Sprintf("lines[%d].%s", n, field))
	}
	return nil
}

// overrideBill pays what does not match, on somebody's responsibility.
func (b *books) overrideBill(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("override_reason") {
		return sihe.Rejected(sihe.CodeOverrideNoReason, "override %s: no reason", d.Key()).At("override_reason")
	}
	d.Set("match_status", "overridden")
	d.Set("held_amount", sihe.Decimal{})
	return b.postBill(tx, d)
}

// postBill books the debt: Dr received-not-billed at the order's price, Dr input tax / Cr payables. A difference within
// the tolerance goes to stock.
func (b *books) postBill(tx *native.Tx, d *native.Doc) error {
	var lines []line
	party, difference := d.Text("supplier"), sihe.Decimal{}
	for _, r := range d.Rows("lines") {
		if !r.IsNull("account") {
			lines = append(lines, debit(r.Text("account"), r.Decimal("net")))
			continue
		}
		value, err := b.orderValue(tx, d, r)
		if err != nil {
			return err
		}
		l := debit(b.role("received_not_billed"), value).of(party)
		l.item, l.quantity = r.Text("item"), r.Decimal("quantity")
		lines = append(lines, l)
		difference = difference.Add(r.Decimal("net").Sub(value))
	}
	rows := d.Rows("lines")
	tax := sum(rows, "tax")
	gross := sum(rows, "net").Add(tax)
	lines = append(lines, signed(b.role("materials"), difference), debit(b.role("input_tax"), tax), credit(b.role("payables"), gross).of(party))
	e, err := b.post(tx, d.Text("currency"), entry{
		event: "g:ap:" + d.Key(), date: dayOf(tx, d.Date("invoice_date")), documentDate: d.Date("invoice_date"),
		summary: "采购发票 " + d.Key(), source: sourceBill, key: d.Key(), order: d.Text("purchase_order"), lines: lines,
	})
	if err != nil {
		return err
	}
	d.Set("gross_total", gross)
	d.Set("journal_entry", voucher(e))
	settleBill(d)
	return b.settlePurchase(tx, d.Text("purchase_order"))
}

// signed puts a positive amount into debit and a negative one into credit.
func signed(account string, amount sihe.Decimal) line {
	if amount.Sign() < 0 {
		return credit(account, amount.Neg())
	}
	return debit(account, amount)
}

// dayOf is the posting day of a document from outside: today while its month runs, its own day when it belongs to
// another month. If that month is closed, the ledger moves the entry to the next open day (NEG-13).
func dayOf(tx *native.Tx, document expr.Date) expr.Date {
	if document > tx.Today() || periodOf(document) == periodOf(tx.Today()) {
		return tx.Today()
	}
	return document
}

// settleBill recomputes what follows from the amounts.
func settleBill(d *native.Doc) {
	paid := d.Decimal("paid_amount").Add(d.Decimal("compensated_amount"))
	open := d.Decimal("gross_total").Sub(paid)
	d.Set("outstanding", open)
	status := "partially_paid"
	switch {
	case open.Sign() <= 0:
		status = "paid"
	case paid.Sign() == 0:
		status = "not_paid"
	}
	d.Set("payment_status", status)
	if open.Sign() > 0 {
		d.Set("open_supplier", d.Text("supplier"))
	} else {
		d.Set("open_supplier", nil)
	}
}

// compensateBill sets an agreed compensation (赔付) against what is owed: Dr payables / Cr other income.
func (b *books) compensateBill(tx *native.Tx, d *native.Doc) error {
	amount := d.Decimal("compensation_amount")
	if amount.Sign() <= 0 || amount.Cmp(d.Decimal("outstanding")) > 0 {
		return sihe.Rejected(sihe.CodeOverAllocation, "compensate %s by %s: only %s is open", d.Key(), amount, d.Decimal("outstanding")).At("compensation_amount")
	}
	event := "g:clm:" + d.Key() + ":" + d.Text("compensation_ref")
	if there, err := booked(tx, event); err != nil || there {
		if err == nil {
			err = sihe.Rejected(sihe.CodeImmutable, "compensate %s: %s is booked already", d.Key(), d.Text("compensation_ref")).At("compensation_ref")
		}
		return err
	}
	e, err := b.post(tx, d.Text("currency"), entry{
		event: event, date: tx.Today(), summary: "供应商赔付 " + d.Text("compensation_ref"), source: sourceBill, key: d.Key(),
		order: d.Text("purchase_order"), reviewer: tx.Actor(),
		lines: []line{debit(b.role("payables"), amount).of(d.Text("supplier")), credit(b.role("other_income"), amount)},
	})
	if err != nil {
		return err
	}
	_, err = allocate(tx, allocationOf{
		kind: "compensation", bill: d.Key(), party: d.Text("supplier"), currency: d.Text("currency"), amount: amount, on: tx.Today(), entry: voucher(e),
	})
	if err != nil {
		return err
	}
	d.Set("compensated_amount", d.Decimal("compensated_amount").Add(amount))
	d.Set("compensation_amount", nil)
	settleBill(d)
	return b.settlePurchase(tx, d.Text("purchase_order"))
}
