package finance

import (
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// defaultTerms are the days to pay where neither delivery nor customer say otherwise.
const defaultTerms = 30

func (b *books) salesRules() []native.Rule {
	return []native.Rule{
		{Entity: "receivable", On: "create", Do: b.openReceivable},
		{Entity: "delivery", On: "copy", Do: takeDispatchedBack},
		{Entity: "invoice", On: "issue", Do: issueInvoice},
		{Entity: "invoice", On: "issue_settled", Do: issueInvoice},
		{Entity: "invoice", On: "claim", Do: claimInvoice},
		{Entity: "invoice", On: "claim_settled", Do: claimInvoice},
		{Entity: "credit_note", On: "create", Do: b.draftCreditNote},
		{Entity: "credit_note", On: "wait", Do: askBuyer},
		{Entity: "credit_note", On: "ask_again", Do: askBuyer},
		{Entity: "credit_note", On: "post", Do: b.postCreditNote},
		{Entity: "credit_note", On: "confirm", Do: b.confirmCreditNote},
		{Entity: "credit_note", On: "deny", Do: blockCreditNote("denied")},
		{Entity: "credit_note", On: "lapse", Do: blockCreditNote("lapsed")},
		{Entity: "advance", On: "apply", Do: b.applyByHand},
		{Entity: "allocation", On: "reverse", Do: b.takeBack},
	}
}

// openReceivable turns a signed delivery into an invoice, its cost and the use of the order's deposits, all in the
// transaction that makes the receivable (suite.md 3.d). The vouchers come in that order.
func (b *books) openReceivable(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("signed_on") {
		d.Set("signed_on", tx.Today())
	}
	if err := b.setTerms(tx, d); err != nil {
		return err
	}
	if err := checkSale(d); err != nil {
		return err
	}
	invoice, err := b.makeInvoice(tx, d)
	if err != nil {
		return err
	}
	d.Set("invoice", invoice.Key())
	if err := b.bookCost(tx, d); err != nil {
		return err
	}
	if err := b.applyAdvances(tx, invoice.Key()); err != nil {
		return err
	}
	return b.refresh(tx, d.Text("party"), d.Text("sales_order"))
}

func (b *books) setTerms(tx *native.Tx, d *native.Doc) error {
	if !d.IsNull("payment_days") {
		return nil
	}
	days := int64(defaultTerms)
	p, ok, err := tx.Get("party", d.Text("party"))
	if err != nil {
		return err
	}
	if ok && !p.IsNull("payment_days") {
		days = p.Int("payment_days")
	}
	d.Set("payment_days", days)
	return nil
}

// checkSale completes lines that come without amounts and refuses those that do not add up: tax is what gross and net
// leave (tax-inclusive prices), and the delivery has split them already so that all deliveries add up to the order.
func checkSale(d *native.Doc) error {
	rows := d.Rows("lines")
	total := sihe.Decimal{}
	for i, r := range rows {
		if r.IsNull("gross") {
			r.Set("gross", r.Decimal("quantity").Mul(r.Decimal("unit_price")).Round(2))
		}
		gross := r.Decimal("gross")
		if r.IsNull("net") {
			r.Set("net", netOf(gross, r.Decimal("tax_rate")))
		}
		if r.IsNull("tax") {
			r.Set("tax", gross.Sub(r.Decimal("net")))
		}
		if !gross.Sub(r.Decimal("net")).Equal(r.Decimal("tax")) {
			return sihe.Rejected(sihe.CodeTotalMismatch, "invoice %s: line %d: gross %s less net %s is not tax %s",
				d.Text("delivery_no"), i+1, gross, r.Decimal("net"), r.Decimal("tax")).At(fmt.Sprintf("lines[%d].tax", i))
		}
		total = total.Add(gross)
	}
	if total.Sign() <= 0 {
		return sihe.Rejected(sihe.CodeNothingToInvoice, "invoice %s: the lines come to %s", d.Text("delivery_no"), total).At("lines")
	}
	if d.IsNull("cost_total") {
		d.Set("cost_total", sumIf(rows, "cost", func(r *native.Row) bool { return !r.Bool("service") }))
	}
	return nil
}

// netOf takes the tax out of a tax-inclusive amount.
func netOf(gross, rate sihe.Decimal) sihe.Decimal {
	return gross.Div(sihe.DecimalFromInt(1).Add(rate), 2)
}

// sum adds up a field of lines.
func sum(rows []*native.Row, field string) sihe.Decimal {
	return sumIf(rows, field, func(*native.Row) bool { return true })
}

func sumIf(rows []*native.Row, field string, counts func(*native.Row) bool) sihe.Decimal {
	total := sihe.Decimal{}
	for _, r := range rows {
		if counts(r) {
			total = total.Add(r.Decimal(field))
		}
	}
	return total
}

// bookCost moves the goods to cost of sales: out of stock, or out of goods dispatched when they left on an earlier day.
// Services done ride along, unless their confirmation was booked by itself.
func (b *books) bookCost(tx *native.Tx, d *native.Doc) error {
	from := ""
	dispatched, err := booked(tx, dispatchOf(d.Text("delivery_no")))
	if err != nil {
		return err
	}
	if dispatched {
		from = b.role("dispatched_goods")
	}
	if err := b.bookGoods(tx, d, from); err != nil {
		return err
	}
	for _, r := range d.Rows("lines") {
		if err := b.bookService(tx, d, r); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) bookGoods(tx *native.Tx, d *native.Doc, from string) error {
	cost := d.Decimal("cost_total")
	raw := sumIf(d.Rows("lines"), "cost", func(r *native.Row) bool { return r.Text("valuation_class") == "raw" })
	lines := []line{debit(b.role("cost_of_goods"), cost).of(d.Text("party"))}
	if from != "" {
		lines = append(lines, credit(from, cost))
	} else {
		lines = append(lines, credit(b.role("finished_goods"), cost.Sub(raw)), credit(b.role("materials"), raw))
	}
	_, err := b.post(tx, d.Text("currency"), entry{
		event: "d:cogs:" + d.Text("delivery_no"), date: d.Date("signed_on"), summary: "结转成本 " + d.Text("delivery_no"),
		source: "finance.receivable", key: d.Key(), order: d.Text("sales_order"), lines: lines,
	})
	return err
}

func (b *books) bookService(tx *native.Tx, d *native.Doc, r *native.Row) error {
	done, cost := r.Text("service_confirmation"), r.Decimal("cost")
	if !r.Bool("service") || done == "" || cost.Sign() <= 0 {
		return nil
	}
	there, err := booked(tx, "m9:"+done)
	if err != nil || there {
		return err
	}
	_, err = b.post(tx, d.Text("currency"), entry{
		event: "m9:" + done, date: d.Date("signed_on"), summary: "服务成本 " + done,
		source: "finance.receivable", key: d.Key(), order: d.Text("sales_order"),
		lines: []line{debit(b.role("cost_of_services"), cost), credit(b.role("payroll"), cost)},
	})
	return err
}

// booked says whether an event is in the books already.
func booked(tx *native.Tx, event string) (bool, error) {
	there := false
	err := tx.Find("journal_entry", "event", event, func(*native.Doc) (bool, error) {
		there = true
		return false, nil
	})
	return there, err
}

// bookDispatched books what left the house today and is not signed yet as goods dispatched (发出商品), so that stock
// account and warehouse agree at the end of the day.
func (b *books) bookDispatched(tx *native.Tx) error {
	var waiting []*native.Doc
	err := tx.Find("delivery", "state", "posted", func(d *native.Doc) (bool, error) {
		waiting = append(waiting, d)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, d := range waiting {
		event := dispatchOf(d.Key())
		if there, err := booked(tx, event); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		cost := d.Decimal("goods_cost")
		raw := sumIf(d.Rows("lines"), "cost", func(r *native.Row) bool { return r.Text("valuation_class") == "raw" })
		_, err := b.post(tx, d.Text("currency"), entry{
			event: event, date: tx.Today(), documentDate: d.Date("posted_on"), summary: "发出商品 " + d.Key(),
			source: "erp.delivery", key: d.Key(), order: d.Text("sales_order"),
			lines: []line{debit(b.role("dispatched_goods"), cost), credit(b.role("finished_goods"), cost.Sub(raw)), credit(b.role("materials"), raw)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeDispatchedBack reverses what the end of a day booked for a delivery that was then taken back.
func takeDispatchedBack(tx *native.Tx, d *native.Doc) error {
	if d.State() != "reversed" {
		return nil
	}
	return tx.Find("journal_entry", "event", dispatchOf(d.Key()), func(e *native.Doc) (bool, error) {
		if e.State() != "posted" {
			return false, nil
		}
		return false, tx.Act(e, "reverse", nil)
	})
}

// dispatchOf is the posting id of goods that left and are not signed.
func dispatchOf(delivery string) string { return "d:dispatch:" + delivery }
