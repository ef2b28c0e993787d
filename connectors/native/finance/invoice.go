package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// makeInvoice makes and posts the invoice of a receivable: Dr receivables / Cr revenue, output tax.
func (b *books) makeInvoice(tx *native.Tx, r *native.Doc) (*native.Doc, error) {
	day := r.Date("signed_on")
	f := native.Fields{
		"party": r.Text("party"), "sales_order": r.Text("sales_order"), "currency": r.Text("currency"),
		"issue_date": day, "tax_point_date": day, "due_date": day.AddDays(int(r.Int("payment_days"))),
		"lines": invoiceLines(r),
	}
	if err := b.addTaxInfo(tx, r.Text("party"), f); err != nil {
		return nil, err
	}
	d, err := tx.Create("invoice", f)
	if err != nil {
		return nil, err
	}
	settleInvoice(d)
	e, err := b.post(tx, d.Text("currency"), entry{
		event: "d:ar:" + r.Text("delivery_no"), date: day, summary: "销售发票 " + d.Key(),
		source: "finance.invoice", key: d.Key(), order: d.Text("sales_order"),
		lines: []line{
			debit(b.role("receivables"), d.Decimal("gross_total")).of(d.Text("party")),
			credit(b.role("revenue"), d.Decimal("net_total")),
			credit(b.role("output_tax"), d.Decimal("tax_total")),
		},
	})
	if err != nil {
		return nil, err
	}
	d.Set("journal_entry", voucher(e))
	return d, tx.Save(d)
}

func invoiceLines(r *native.Doc) []native.Fields {
	var lines []native.Fields
	for _, l := range r.Rows("lines") {
		f := native.Fields{
			"delivery_no": r.Text("delivery_no"), "item": l.Text("item"), "quantity": l.Decimal("quantity"),
			"unit_price": l.Decimal("unit_price"), "tax_rate": l.Decimal("tax_rate"),
			"gross": l.Decimal("gross"), "net": l.Decimal("net"), "tax": l.Decimal("tax"), "cost": l.Decimal("cost"),
		}
		if !l.IsNull("order_line") {
			f["order_line"] = l.Int("order_line")
		}
		f["description"] = l.Text("description")
		lines = append(lines, f)
	}
	return lines
}

// addTaxInfo copies the customer's tax data. An invoice of a customer whose data finance has not verified is posted all
// the same (the receivable is true), but is not issued.
func (b *books) addTaxInfo(tx *native.Tx, party string, f native.Fields) error {
	p, ok, err := tx.Get("party", party)
	if err != nil {
		return err
	}
	if ok {
		title := p.Text("invoice_title")
		if title == "" {
			title = p.Text("name")
		}
		f["tax_title"] = title
		f["tax_id"] = p.Text("tax_id")
	}
	c, ok, err := tx.Get("credit", party)
	if err != nil {
		return err
	}
	f["issue_status"] = "blocked"
	if ok && c.Bool("tax_info_verified") {
		f["issue_status"] = "requested"
	}
	return nil
}

func issueInvoice(_ *native.Tx, d *native.Doc) error {
	if d.IsNull("tax_invoice_no") {
		return sihe.Rejected(sihe.CodeTotalMismatch, "issue %s: the tax invoice number is missing", d.Key()).At("tax_invoice_no")
	}
	d.Set("issue_status", "issued")
	return nil
}

func claimInvoice(_ *native.Tx, d *native.Doc) error {
	d.Set("buyer_claimed", true)
	return nil
}

// settleInvoice recomputes what follows from the amounts. outstanding never falls below zero: whoever changes an amount
// has checked it against what is open.
func settleInvoice(d *native.Doc) {
	paid, credited := d.Decimal("allocated_amount"), d.Decimal("credited_amount")
	open := d.Decimal("gross_total").Sub(paid).Sub(credited)
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
		d.Set("open_party", d.Text("party"))
	} else {
		d.Set("open_party", nil)
		d.Set("overdue", false)
	}
}

// payInvoice adds to what is allocated (or takes away, when negative); more than is open is refused. Money counts as
// received, a credit of another invoice does not.
func payInvoice(tx *native.Tx, key string, amount sihe.Decimal, money bool) error {
	d, err := tx.Must("invoice", key)
	if err != nil {
		return err
	}
	d.Set("allocated_amount", d.Decimal("allocated_amount").Add(amount))
	if money {
		d.Set("received_amount", d.Decimal("received_amount").Add(amount))
	}
	settleInvoice(d)
	if d.Decimal("outstanding").Sign() < 0 || d.Decimal("allocated_amount").Sign() < 0 {
		return sihe.Rejected(sihe.CodeOverAllocation, "allocate %s to %s: only %s is open", amount, key, d.Decimal("outstanding").Add(amount))
	}
	return tx.Save(d)
}

// openInvoices returns a customer's invoices with something outstanding, the oldest due first.
func openInvoices(tx *native.Tx, party string) ([]*native.Doc, error) {
	var open []*native.Doc
	err := tx.Find("invoice", "open_party", party, func(d *native.Doc) (bool, error) {
		open = append(open, d)
		return true, nil
	})
	sortByDue(open)
	return open, err
}
