package finance

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// An allocationOf says what is set against what.
type allocationOf struct {
	kind                      string
	cash, advance, creditNote string
	invoice, bill             string
	party, order              string
	currency                  string
	amount                    sihe.Decimal
	on                        expr.Date
	entry                     string // voucher, when one books several allocations
	reversalOf                string
}

func allocate(tx *native.Tx, a allocationOf) (*native.Doc, error) {
	f := native.Fields{"kind": a.kind, "amount": a.amount, "currency": a.currency, "allocated_on": a.on}
	f["cash_document"] = a.cash
	f["advance"] = a.advance
	f["credit_note"] = a.creditNote
	f["invoice"] = a.invoice
	f["bill"] = a.bill
	f["party"] = a.party
	f["sales_order"] = a.order
	f["journal_entry"] = a.entry
	f["reversal_of"] = a.reversalOf
	return tx.Create("allocation", f)
}

// takeBack undoes an allocation of customer money: the invoice is open again, the money is an advance again. The books
// get a reversing entry, the allocations a second line that names the first (suite.md 3.e).
func (b *books) takeBack(tx *native.Tx, d *native.Doc) error {
	if kind := d.Text("kind"); kind != "receipt" && kind != "advance" {
		return sihe.Rejected(sihe.CodeImmutable, "take back %s: only customer money can be taken back", d.Key())
	}
	amount := d.Decimal("amount")
	back, err := allocate(tx, allocationOf{
		kind: d.Text("kind"), cash: d.Text("cash_document"), advance: d.Text("advance"), creditNote: d.Text("credit_note"),
		invoice: d.Text("invoice"), party: d.Text("party"), order: d.Text("sales_order"), currency: d.Text("currency"),
		amount: amount, on: tx.Today(), reversalOf: d.Key(),
	})
	if err != nil {
		return err
	}
	err = b.postAllocation(tx, back, "receivables", "advances", amount, entry{
		event: "e:back:" + back.Key(), date: tx.Today(), summary: "取消核销 " + d.Key(), order: d.Text("sales_order"), reviewer: tx.Actor(),
	})
	if err != nil {
		return err
	}
	if err := payInvoice(tx, d.Text("invoice"), amount.Neg(), d.IsNull("credit_note")); err != nil {
		return err
	}
	if err := b.giveBack(tx, d, amount); err != nil {
		return err
	}
	return b.refresh(tx, d.Text("party"), d.Text("sales_order"))
}

// giveBack turns allocated money into an advance: the one it was taken from, or a new one that no order claims, so that
// it is not set against the same invoice again by itself.
func (b *books) giveBack(tx *native.Tx, d *native.Doc, amount sihe.Decimal) error {
	if !d.IsNull("advance") {
		return useAdvance(tx, d.Text("advance"), amount.Neg())
	}
	c, err := tx.Must("cash_document", d.Text("cash_document"))
	if err != nil {
		return err
	}
	c.Set("allocated_amount", c.Decimal("allocated_amount").Sub(amount))
	c.Set("advance_amount", c.Decimal("advance_amount").Add(amount))
	if err := tx.Save(c); err != nil {
		return err
	}
	return makeAdvance(tx, advanceOf{
		cash: c.Key(), party: c.Text("party"), order: d.Text("sales_order"), currency: d.Text("currency"), on: c.Date("value_date"), amount: amount,
	})
}

// sortByDue puts the oldest due first; ties by key, so that two runs agree.
func sortByDue(docs []*native.Doc) {
	slices.SortFunc(docs, func(x, y *native.Doc) int {
		return cmp.Or(cmp.Compare(x.Date("due_date"), y.Date("due_date")), cmp.Compare(x.Key(), y.Key()))
	})
}
