package finance

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// dunningAfter are the days overdue from which a level is due: index 0 is level 1 (suite.md 6.1).
func dunningAfter() []int { return []int{3, 15, 30} }

// runDay is the daily job: it finds what has become overdue, lets unanswered confirmations lapse, and reminds. It may
// run any number of times a day; what is done already is not done again.
func (b *books) runDay(tx *native.Tx) error {
	parties, err := b.markOverdue(tx)
	if err != nil {
		return err
	}
	if err := lapseConfirmations(tx); err != nil {
		return err
	}
	for _, party := range parties {
		if err := b.dun(tx, party); err != nil {
			return err
		}
	}
	return nil
}

// markOverdue marks the invoices that are past their due date and refreshes their orders. It returns every customer
// with an open invoice, sorted.
func (b *books) markOverdue(tx *native.Tx) ([]string, error) {
	today := tx.Today()
	open := map[string][]*native.Doc{}
	err := tx.Find("invoice", "state", "posted", func(d *native.Doc) (bool, error) {
		open[d.Text("party")] = append(open[d.Text("party")], d)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	parties := make([]string, 0, len(open))
	for party := range open {
		parties = append(parties, party)
	}
	slices.Sort(parties)
	for _, party := range parties {
		var orders []string
		for _, d := range open[party] {
			if late := d.Date("due_date") < today; late != d.Bool("overdue") {
				d.Set("overdue", late)
				if err := tx.Save(d); err != nil {
					return nil, err
				}
				orders = append(orders, d.Text("sales_order"))
			}
		}
		if len(orders) == 0 {
			continue
		}
		if err := b.refresh(tx, party, orders...); err != nil {
			return nil, err
		}
	}
	return parties, nil
}

// levelFor returns the dunning level that an invoice has reached, 0 for none.
func levelFor(due, today expr.Date) int64 {
	level := int64(0)
	for i, days := range dunningAfter() {
		if int(today)-int(due) >= days {
			level = int64(i + 1)
		}
	}
	return level
}

// dun reminds one customer: one notice a level, for all invoices that have just reached it. An invoice is reminded of
// once a level, and not while its customer's promise runs or somebody has blocked its notice.
func (b *books) dun(tx *native.Tx, party string) error {
	invoices, err := openInvoices(tx, party)
	if err != nil {
		return err
	}
	notices, err := openNotices(tx, party)
	if err != nil {
		return err
	}
	due := map[int64][]*native.Doc{}
	for _, i := range invoices {
		level := levelFor(i.Date("due_date"), tx.Today())
		if level > i.Int("dunning_level") && !paused(notices, i.Key(), tx.Today()) {
			due[level] = append(due[level], i)
		}
	}
	for level := int64(len(dunningAfter())); level > 0; level-- {
		if len(due[level]) == 0 {
			continue
		}
		if err := b.raise(tx, party, level, due[level], notices); err != nil {
			return err
		}
	}
	return nil
}

// paused says whether an open notice about the invoice waits for a promised day or was blocked.
func paused(notices []*native.Doc, invoice string, today expr.Date) bool {
	for _, n := range notices {
		if !concerns(n, invoice) {
			continue
		}
		if n.State() == "blocked" || (!n.IsNull("promise_date") && n.Date("promise_date") >= today) {
			return true
		}
	}
	return false
}

func concerns(notice *native.Doc, invoice string) bool {
	return slices.ContainsFunc(notice.Rows("lines"), func(r *native.Row) bool { return r.Text("invoice") == invoice })
}

// raise makes the notice and closes the earlier ones about the same invoices as escalated.
func (b *books) raise(tx *native.Tx, party string, level int64, invoices, notices []*native.Doc) error {
	total := sihe.Decimal{}
	var lines []native.Fields
	for _, i := range invoices {
		total = total.Add(i.Decimal("outstanding"))
		lines = append(lines, native.Fields{
			"invoice": i.Key(), "sales_order": i.Text("sales_order"), "due_date": i.Date("due_date"),
			"overdue_days": int64(tx.Today() - i.Date("due_date")), "outstanding": i.Decimal("outstanding"),
		})
	}
	f := native.Fields{
		"party": party, "level": level, "as_of": tx.Today(), "currency": invoices[0].Text("currency"),
		"lines": lines, "open_amount": total, "invoice": invoices[0].Key(),
	}
	p, ok, err := tx.Get("party", party)
	if err != nil {
		return err
	}
	if ok {
		f["salesperson"] = p.Text("owner")
	}
	notice, err := tx.Create("dunning_notice", f)
	if err != nil {
		return err
	}
	for _, i := range invoices {
		i.Set("dunning_level", level)
		if err := tx.Save(i); err != nil {
			return err
		}
	}
	return escalate(tx, notice, notices, invoices)
}

// escalate closes the notices whose invoices have all moved on to the new one.
func escalate(tx *native.Tx, notice *native.Doc, notices, invoices []*native.Doc) error {
	for _, n := range notices {
		moved := 0
		for _, i := range invoices {
			if concerns(n, i.Key()) {
				moved++
			}
		}
		if moved == 0 || moved < len(n.Rows("lines")) {
			continue
		}
		n.Set("escalated_to", notice.Key())
		if err := tx.Save(n); err != nil {
			return err
		}
	}
	return nil
}

// openNotices returns a customer's notices that are not over.
func openNotices(tx *native.Tx, party string) ([]*native.Doc, error) {
	var open []*native.Doc
	err := tx.Find("dunning_notice", "party", party, func(n *native.Doc) (bool, error) {
		if s := n.State(); s == "raised" || s == "promised" || s == "blocked" {
			open = append(open, n)
		}
		return true, nil
	})
	return open, err
}

// refreshDunning keeps what is still open of each notice; one that reaches zero resolves by itself.
func (b *books) refreshDunning(tx *native.Tx, party string) error {
	notices, err := openNotices(tx, party)
	if err != nil {
		return err
	}
	for _, n := range notices {
		open := sihe.Decimal{}
		for _, r := range n.Rows("lines") {
			i, err := tx.Must("invoice", r.Text("invoice"))
			if err != nil {
				return err
			}
			open = open.Add(i.Decimal("outstanding"))
		}
		n.Set("open_amount", open)
		if err := tx.Save(n); err != nil {
			return err
		}
	}
	return nil
}
