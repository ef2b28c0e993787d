package finance

import (
	"fmt"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// confirmWithin is how long a buyer has to confirm a red-letter invoice before the request lapses (suite.md 3.h).
const confirmWithin = 72 * time.Hour

// draftCreditNote finds what was invoiced for the returned goods and prices the note like that: the customer gets back
// what he was charged, to the cent, over any number of partial returns.
func (b *books) draftCreditNote(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("issue_date") {
		d.Set("issue_date", tx.Today())
	}
	if len(d.Rows("lines")) == 0 {
		return sihe.Rejected(sihe.CodeNothingToInvoice, "credit %s: it has no lines", d.Text("return_receipt_no")).At("lines")
	}
	claimed := false
	for i, r := range d.Rows("lines") {
		invoice, at, err := invoicedLine(tx, d, r, i)
		if err != nil {
			return err
		}
		if err := priceReturn(d, r, invoice.Rows("lines")[at], i); err != nil {
			return err
		}
		d.Set("invoice", invoice.Key())
		d.Set("party", invoice.Text("party"))
		d.Set("sales_order", invoice.Text("sales_order"))
		d.Set("currency", invoice.Text("currency"))
		claimed = claimed || invoice.Bool("buyer_claimed")
	}
	d.Set("confirm_status", "not_needed")
	if claimed {
		d.Set("confirm_status", "waiting_buyer")
	}
	return nil
}

// invoicedLine finds the invoice line of a returned one.
func invoicedLine(tx *native.Tx, d *native.Doc, r *native.Row, n int) (*native.Doc, int, error) {
	var found *native.Doc
	err := tx.Find("receivable", "delivery_no", r.Text("delivery_no"), func(v *native.Doc) (bool, error) {
		i, err := tx.Must("invoice", v.Text("invoice"))
		found = i
		return false, err
	})
	if err != nil {
		return nil, 0, err
	}
	if found != nil {
		for at, l := range found.Rows("lines") {
			sameLine := r.IsNull("order_line") || l.Int("order_line") == r.Int("order_line")
			if sameLine && l.Text("delivery_no") == r.Text("delivery_no") && l.Text("item") == r.Text("item") {
				return found, at, nil
			}
		}
	}
	return nil, 0, sihe.Rejected(sihe.CodeCreditExceeds, "credit %s: %s of %s was not invoiced", d.Text("return_receipt_no"),
		r.Text("item"), r.Text("delivery_no")).At(fmt.Sprintf("lines[%d]", n))
}

// priceReturn computes gross, net and tax of a returned quantity from the invoice line, cumulative over earlier returns,
// so that crediting all of a line credits exactly the line.
func priceReturn(d *native.Doc, r, l *native.Row, n int) error {
	quantity, before := r.Decimal("quantity"), l.Decimal("credited_quantity")
	after := before.Add(quantity)
	if quantity.Sign() <= 0 || after.Cmp(l.Decimal("quantity")) > 0 {
		return sihe.Rejected(sihe.CodeCreditExceeds, "credit %s: %s of %s, invoiced %s and credited %s before", d.Text("return_receipt_no"),
			quantity, r.Text("item"), l.Decimal("quantity"), before).At(fmt.Sprintf("lines[%d].quantity", n))
	}
	gross, net, cost := l.Decimal("gross"), l.Decimal("net"), l.Decimal("cost")
	if after.Cmp(l.Decimal("quantity")) < 0 {
		gross = after.Mul(l.Decimal("unit_price")).Round(2).Min(gross)
		net = netOf(gross, l.Decimal("tax_rate"))
		cost = cost.Mul(after).Div(l.Decimal("quantity"), 2)
	}
	gross, net = gross.Sub(l.Decimal("credited_gross")), net.Sub(l.Decimal("credited_net"))
	r.Set("unit_price", l.Decimal("unit_price"))
	r.Set("tax_rate", l.Decimal("tax_rate"))
	r.Set("gross", gross)
	r.Set("net", net)
	r.Set("tax", gross.Sub(net))
	left := l.Decimal("cost").Sub(l.Decimal("credited_cost"))
	if r.IsNull("cost") {
		r.Set("cost", cost.Sub(l.Decimal("credited_cost")))
	} else if r.Decimal("cost").Cmp(left) > 0 {
		return sihe.Rejected(sihe.CodeCreditExceeds, "credit %s: cost %s of %s, at most %s was booked", d.Text("return_receipt_no"),
			r.Decimal("cost"), r.Text("item"), left).At(fmt.Sprintf("lines[%d].cost", n))
	}
	return nil
}

// askBuyer starts the 72 hours.
func askBuyer(tx *native.Tx, d *native.Doc) error {
	d.Set("confirm_status", "waiting_buyer")
	d.Set("confirm_deadline", tx.Now().Add(confirmWithin))
	return nil
}

func (b *books) confirmCreditNote(tx *native.Tx, d *native.Doc) error {
	if tx.Now().After(d.Time("confirm_deadline")) {
		return sihe.Rejected(sihe.CodeConfirmLapsed, "confirm %s: the buyer had until %s", d.Key(), d.Time("confirm_deadline").Format(time.RFC3339))
	}
	d.Set("confirm_status", "confirmed")
	d.Set("issue_date", tx.Today())
	return b.postCreditNote(tx, d)
}

func blockCreditNote(status string) func(*native.Tx, *native.Doc) error {
	return func(_ *native.Tx, d *native.Doc) error {
		d.Set("confirm_status", status)
		return nil
	}
}

// lapseConfirmations blocks the credit notes whose buyers have not answered in time (NEG-17).
func lapseConfirmations(tx *native.Tx) error {
	var late []*native.Doc
	err := tx.Find("credit_note", "state", "waiting", func(d *native.Doc) (bool, error) {
		if tx.Now().After(d.Time("confirm_deadline")) {
			late = append(late, d)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, d := range late {
		if err := tx.Act(d, "lapse", nil); err != nil {
			return err
		}
	}
	return nil
}

// postCreditNote credits the invoices, makes the red-letter entries and keeps as an advance what the invoices cannot take.
func (b *books) postCreditNote(tx *native.Tx, d *native.Doc) error {
	parts := make([]sihe.Decimal, len(d.Rows("lines")))
	for i, r := range d.Rows("lines") {
		part, err := creditLine(tx, d, r, i)
		if err != nil {
			return err
		}
		parts[i] = part
	}
	if err := b.redEntries(tx, d); err != nil {
		return err
	}
	for i, r := range d.Rows("lines") {
		if err := b.setCredit(tx, d, r, i, parts[i]); err != nil {
			return err
		}
	}
	return b.refresh(tx, d.Text("party"), d.Text("sales_order"))
}

// redEntries books revenue and cost back, red on their own sides.
func (b *books) redEntries(tx *native.Tx, d *native.Doc) error {
	rows := d.Rows("lines")
	e, err := b.post(tx, d.Text("currency"), entry{
		event: "h:cn:" + d.Text("return_receipt_no"), date: d.Date("issue_date"), summary: "红字发票 " + d.Key(),
		source: "finance.credit_note", key: d.Key(), order: d.Text("sales_order"), red: true,
		lines: []line{
			debit(b.role("receivables"), sum(rows, "gross").Neg()).of(d.Text("party")),
			credit(b.role("revenue"), sum(rows, "net").Neg()),
			credit(b.role("output_tax"), sum(rows, "tax").Neg()),
		},
	})
	if err != nil {
		return err
	}
	d.Set("journal_entry", voucher(e))
	cost := sum(rows, "cost").Neg()
	raw := sumIf(rows, "cost", func(r *native.Row) bool { return r.Text("valuation_class") == "raw" }).Neg()
	e, err = b.post(tx, d.Text("currency"), entry{
		event: "h:cost:" + d.Text("return_receipt_no"), date: d.Date("issue_date"), summary: "红字成本 " + d.Text("return_receipt_no"),
		source: "finance.credit_note", key: d.Key(), order: d.Text("sales_order"), red: true,
		lines: []line{
			debit(b.role("cost_of_goods"), cost).of(d.Text("party")),
			credit(b.role("finished_goods"), cost.Sub(raw)),
			credit(b.role("materials"), raw),
		},
	})
	if err != nil || e == nil {
		return err
	}
	d.Set("cost_entry", voucher(e))
	return nil
}

// creditLine credits one line on its invoice and returns how much of it was still open there. Quantity and price are
// computed once more: another note may have been posted while this one waited for its buyer.
func creditLine(tx *native.Tx, d *native.Doc, r *native.Row, n int) (sihe.Decimal, error) {
	invoice, at, err := invoicedLine(tx, d, r, n)
	if err != nil {
		return sihe.Decimal{}, err
	}
	l := invoice.Rows("lines")[at]
	if err := priceReturn(d, r, l, n); err != nil {
		return sihe.Decimal{}, err
	}
	l.Set("credited_quantity", l.Decimal("credited_quantity").Add(r.Decimal("quantity")))
	l.Set("credited_gross", l.Decimal("credited_gross").Add(r.Decimal("gross")))
	l.Set("credited_net", l.Decimal("credited_net").Add(r.Decimal("net")))
	l.Set("credited_cost", l.Decimal("credited_cost").Add(r.Decimal("cost")))
	part := r.Decimal("gross").Min(invoice.Decimal("outstanding"))
	invoice.Set("credited_amount", invoice.Decimal("credited_amount").Add(part))
	settleInvoice(invoice)
	return part, tx.Save(invoice)
}

// setCredit records what a line did: an allocation for what its invoice took, an advance for the rest, which is booked
// Dr 1122 / Cr 2203 because that invoice was paid already.
func (b *books) setCredit(tx *native.Tx, d *native.Doc, r *native.Row, n int, part sihe.Decimal) error {
	rest := r.Decimal("gross").Sub(part)
	d.Set("credited_to_invoice", d.Decimal("credited_to_invoice").Add(part))
	d.Set("credited_to_advance", d.Decimal("credited_to_advance").Add(rest))
	if part.Sign() > 0 {
		invoice, _, err := invoicedLine(tx, d, r, n)
		if err != nil {
			return err
		}
		_, err = allocate(tx, allocationOf{
			kind: "credit", creditNote: d.Key(), invoice: invoice.Key(), party: d.Text("party"), order: d.Text("sales_order"),
			currency: d.Text("currency"), amount: part, on: d.Date("issue_date"), entry: d.Text("journal_entry"),
		})
		if err != nil {
			return err
		}
	}
	if rest.Sign() <= 0 {
		return nil
	}
	_, err := b.post(tx, d.Text("currency"), entry{
		event: fmt.Sprintf("h:adv:%s:%d", d.Text("return_receipt_no"), n), date: d.Date("issue_date"), summary: "红字转预收 " + d.Key(),
		source: "finance.credit_note", key: d.Key(), order: d.Text("sales_order"),
		lines: []line{
			debit(b.role("receivables"), rest).of(d.Text("party")),
			credit(b.role("advances"), rest).of(d.Text("party")),
		},
	})
	if err != nil {
		return err
	}
	return makeAdvance(tx, advanceOf{
		creditNote: d.Key(), party: d.Text("party"), order: d.Text("sales_order"), currency: d.Text("currency"),
		on: d.Date("issue_date"), amount: rest,
	})
}
