package finance

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// An advanceOf says where money in 2203 comes from and what it is meant for.
type advanceOf struct {
	cash, creditNote      string
	party, order, invoice string
	currency              string
	on                    expr.Date
	amount                sihe.Decimal
}

func makeAdvance(tx *native.Tx, a advanceOf) error {
	if a.amount.Sign() <= 0 {
		return nil
	}
	f := native.Fields{"amount": a.amount, "open_amount": a.amount, "currency": a.currency, "received_on": a.on}
	f["cash_document"] = a.cash
	f["credit_note"] = a.creditNote
	f["party"] = a.party
	f["open_party"] = a.party
	f["sales_order"] = a.order
	f["invoice"] = a.invoice
	_, err := tx.Create("advance", f)
	return err
}

// settleAdvance recomputes what is left of an advance.
func settleAdvance(d *native.Doc) {
	open := d.Decimal("amount").Sub(d.Decimal("applied_amount")).Sub(d.Decimal("refunded_amount"))
	d.Set("open_amount", open)
	if open.Sign() > 0 && !d.IsNull("party") {
		d.Set("open_party", d.Text("party"))
	} else {
		d.Set("open_party", nil)
	}
}

// applyAdvances sets the advances that belong to an invoice against it: those meant for it, then those of its order,
// then the customer's without any order; the oldest first.
func (b *books) applyAdvances(tx *native.Tx, invoice string) error {
	d, err := tx.Must("invoice", invoice)
	if err != nil {
		return err
	}
	candidates, err := advancesFor(tx, d)
	if err != nil {
		return err
	}
	left := d.Decimal("outstanding")
	for _, a := range candidates {
		part := left.Min(a.Decimal("open_amount"))
		if part.Sign() <= 0 {
			continue
		}
		if err := b.apply(tx, a, d, part); err != nil {
			return err
		}
		left = left.Sub(part)
	}
	return nil
}

func advancesFor(tx *native.Tx, invoice *native.Doc) ([]*native.Doc, error) {
	var found []*native.Doc
	err := tx.Find("advance", "open_party", invoice.Text("party"), func(a *native.Doc) (bool, error) {
		if a.Text("currency") == invoice.Text("currency") && rank(a, invoice) > 0 {
			found = append(found, a)
		}
		return true, nil
	})
	slices.SortFunc(found, func(x, y *native.Doc) int {
		return cmp.Or(cmp.Compare(rank(x, invoice), rank(y, invoice)), cmp.Compare(x.Date("received_on"), y.Date("received_on")), cmp.Compare(x.Key(), y.Key()))
	})
	return found, err
}

// rank says how close an advance is to an invoice; 0 is not at all.
func rank(a, invoice *native.Doc) int {
	switch {
	case a.Text("invoice") == invoice.Key():
		return 1
	case !a.IsNull("sales_order") && a.Text("sales_order") == invoice.Text("sales_order"):
		return 2
	case a.IsNull("sales_order") && a.IsNull("invoice"):
		return 3
	}
	return 0
}

// apply sets a part of an advance against an invoice: Dr 2203 / Cr 1122.
func (b *books) apply(tx *native.Tx, a, invoice *native.Doc, amount sihe.Decimal) error {
	al, err := allocate(tx, allocationOf{
		kind: "advance", advance: a.Key(), cash: a.Text("cash_document"), creditNote: a.Text("credit_note"),
		invoice: invoice.Key(), party: invoice.Text("party"), order: invoice.Text("sales_order"),
		currency: invoice.Text("currency"), amount: amount, on: max(tx.Today(), a.Date("received_on")),
	})
	if err != nil {
		return err
	}
	err = b.postAllocation(tx, al, "advances", "receivables", amount, entry{
		event: "d:adv:" + al.Key(), date: al.Date("allocated_on"), summary: "预收冲应收 " + invoice.Key(), order: invoice.Text("sales_order"),
	})
	if err != nil {
		return err
	}
	if err := payInvoice(tx, invoice.Key(), amount, a.IsNull("credit_note")); err != nil {
		return err
	}
	return useAdvance(tx, a.Key(), amount)
}

// postAllocation books what an allocation moves from one account of its party to another, and notes the voucher in it.
func (b *books) postAllocation(tx *native.Tx, al *native.Doc, from, to string, amount sihe.Decimal, e entry) error {
	e.source, e.key = "finance.allocation", al.Key()
	e.lines = []line{debit(b.role(from), amount).of(al.Text("party")), credit(b.role(to), amount).of(al.Text("party"))}
	posted, err := b.post(tx, al.Text("currency"), e)
	if err != nil {
		return err
	}
	al.Set("journal_entry", voucher(posted))
	return tx.Save(al)
}

// useAdvance takes from an advance (or gives back, when negative) and tells the customer payment that it came from.
func useAdvance(tx *native.Tx, key string, amount sihe.Decimal) error {
	a, err := tx.Must("advance", key)
	if err != nil {
		return err
	}
	a.Set("applied_amount", a.Decimal("applied_amount").Add(amount))
	settleAdvance(a)
	if a.Decimal("open_amount").Sign() < 0 || a.Decimal("applied_amount").Sign() < 0 {
		return sihe.Rejected(sihe.CodeOverAllocation, "apply %s of %s: more than is open", amount, key)
	}
	if err := tx.Save(a); err != nil || a.IsNull("cash_document") {
		return err
	}
	c, err := tx.Must("cash_document", a.Text("cash_document"))
	if err != nil {
		return err
	}
	c.Set("allocated_amount", c.Decimal("allocated_amount").Add(amount))
	c.Set("advance_amount", c.Decimal("advance_amount").Sub(amount))
	return tx.Save(c)
}

// applyByHand is the action of a person: this much of this advance to that invoice.
func (b *books) applyByHand(tx *native.Tx, d *native.Doc) error {
	invoice, err := tx.Must("invoice", d.Text("apply_to"))
	if err != nil {
		return err
	}
	open := d.Decimal("open_amount").Min(invoice.Decimal("outstanding"))
	amount := open
	if !d.IsNull("apply_amount") {
		amount = d.Decimal("apply_amount")
	}
	if amount.Sign() <= 0 || amount.Cmp(open) > 0 {
		return sihe.Rejected(sihe.CodeOverAllocation, "apply %s of %s to %s: at most %s", amount, d.Key(), invoice.Key(), open).At("apply_amount")
	}
	d.Set("apply_to", nil)
	d.Set("apply_amount", nil)
	if err := b.apply(tx, d, invoice, amount); err != nil {
		return err
	}
	return b.refresh(tx, invoice.Text("party"), invoice.Text("sales_order"), d.Text("sales_order"))
}
