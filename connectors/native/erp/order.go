package erp

import (
	"fmt"
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// createOrder checks a new sales order (suite.md 3.a): buyer and items are known, totals are those of the source to the
// cent, credit suffices, the margin is above the floor. Without a reason to hold it, stock is reserved and work planned
// at once; a held order keeps nothing until it is accepted.
func createOrder(tx *native.Tx, d *native.Doc) error {
	buyer, ok, err := tx.Get("party", d.Text("buyer"))
	if err != nil {
		return err
	}
	if !ok || buyer.State() == "blocked" {
		return sihe.Rejected(sihe.CodeUnknownBuyer, "take the order of %s: no such active customer", d.Text("buyer")).At("buyer")
	}
	d.Set("order_date", orDate(d, "order_date", tx.Today()))
	d.Set("committed", false)
	d.Set("release_ready", false)
	d.Set("fulfilment_status", "none")
	d.Set("prepaid", buyer.Decimal("deposit_percent").Cmp(sihe.DecimalFromInt(1)) >= 0)
	if err := checkOrderLines(tx, d); err != nil {
		return err
	}
	if err := sameTotals(d); err != nil {
		return err
	}
	if err := replaceRevision(tx, d); err != nil {
		return err
	}
	return examine(tx, d)
}

// replaceRevision cancels an earlier revision of the same customer order, which is possible until something of it is
// delivered. A revision older than the one at work is refused.
func replaceRevision(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("source_order") {
		return nil
	}
	others, err := found(tx, "sales_order", "source_order", d.Text("source_order"))
	if err != nil {
		return err
	}
	for _, o := range others {
		if s := o.State(); o.Key() == d.Key() || s == "cancelled" || s == "rejected" || o.Int("source_revision") == d.Int("source_revision") {
			continue // the same revision is what the unique fields refuse
		}
		if o.Int("source_revision") > d.Int("source_revision") || o.Text("fulfilment_status") != "none" {
			return sihe.Rejected(sihe.CodeOrderRevision, "take revision %d of %s: revision %d is %s, delivered: %s",
				d.Int("source_revision"), d.Text("source_order"), o.Int("source_revision"), o.State(), o.Text("fulfilment_status")).At("source_revision")
		}
		if err := tx.Act(o, "cancel", nil); err != nil {
			return err
		}
	}
	return nil
}

// checkOrderLines knows every item and says where it lies and whether it is a service.
func checkOrderLines(tx *native.Tx, d *native.Doc) error {
	rows := d.Rows("lines")
	if len(rows) == 0 {
		return sihe.Rejected(sihe.CodeLineUnknown, "take the order %s: it has no lines", d.Text("source_order")).At("lines")
	}
	seen := map[int64]bool{}
	for i, r := range rows {
		item, ok, err := tx.Get("item", r.Text("item"))
		if err != nil {
			return err
		}
		if !ok || item.State() != "active" {
			return sihe.Rejected(sihe.CodeItemNotMapped, "take the order %s: line %d: no active item %q", d.Text("source_order"), r.Int("line_no"), r.Text("item")).At(linePath(i, "item"))
		}
		if r.Decimal("quantity").Sign() <= 0 || seen[r.Int("line_no")] {
			return sihe.Rejected(sihe.CodeLineUnknown, "take the order %s: line %d needs a quantity and a number of its own", d.Text("source_order"), r.Int("line_no")).At(linePath(i, "line_no"))
		}
		seen[r.Int("line_no")] = true
		for _, f := range []string{"reserved_quantity", "to_make_quantity", "to_buy_quantity", "delivered_quantity", "signed_quantity", "returned_quantity"} {
			r.Set(f, sihe.Decimal{})
		}
		r.Set("service", item.Text("item_class") == "service")
		if item.Bool("stocked") && !r.Bool("service") && r.Text("warehouse") == "" {
			home, err := homeOf(item)
			if err != nil {
				return err
			}
			r.Set("warehouse", home)
		}
	}
	return nil
}

func linePath(i int, field string) string { return listPath("lines", i, field) }

func listPath(list string, i int, field string) string {
	return fmt.Sprintf("%s[%d].%s", list, i, field)
}

// sameTotals compares what the source added up with our own sums, to the cent.
func sameTotals(d *native.Doc) error {
	for _, t := range []string{"gross_total", "net_total", "tax_total"} {
		if from := "source_" + t; !d.IsNull(from) && !d.Decimal(from).Equal(d.Decimal(t)) {
			return sihe.Rejected(sihe.CodeTotalMismatch, "take the order %s: %s is %s there and %s here", d.Text("source_order"), t, d.Decimal(from), d.Decimal(t)).At(t)
		}
	}
	return nil
}

// examine finds the reasons to hold an order. With none, stock is reserved and the outlook becomes the promise; else it
// is kept only as figures for whoever decides.
func examine(tx *native.Tx, d *native.Doc) error {
	o, err := outlookFor(tx, d, tx.Today())
	if err != nil {
		return err
	}
	estimate(d, o)
	reasons, notes, err := reasonsToHold(tx, d, o)
	if err != nil {
		return err
	}
	d.Set("hold_reason", strings.Join(reasons, ", "))
	d.Set("hold_note", strings.Join(notes, "; "))
	if len(reasons) > 0 {
		return keepPromise(tx, d, o)
	}
	return commit(tx, d, o)
}

func reasonsToHold(tx *native.Tx, d *native.Doc, o *outlook) (reasons, notes []string, err error) {
	note, err := creditHolds(tx, d)
	if err != nil {
		return nil, nil, err
	}
	if note != "" {
		reasons, notes = append(reasons, "credit"), append(notes, note)
	}
	p, err := policyOf(tx)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case o.foreign: // cost and price cannot be compared
		reasons = append(reasons, "margin")
		notes = append(notes, "毛利 margin: 成本币种不同 costs are in another currency")
	case o.marginRate().Cmp(p.marginFloor) < 0:
		reasons = append(reasons, "margin")
		notes = append(notes, fmt.Sprintf("毛利率 margin %s < %s", o.marginRate(), p.marginFloor))
	}
	return reasons, notes, nil
}

// estimate writes the outlook's figures on the order and its lines.
func estimate(d *native.Doc, o *outlook) {
	for i, r := range d.Rows("lines") {
		l := o.lines[i]
		r.Set("promised_date", l.possible)
		r.Set("estimated_cost", l.cost)
	}
	d.Set("promised_date", max(o.promised, orDate(d, "requested_date", o.promised)))
	d.Set("estimated_cost", o.cost)
	d.Set("estimated_margin", o.margin())
	d.Set("margin_rate", o.marginRate())
}

// acceptOrder commits stock and work to an order that was held until now, and says whether it may be released.
func acceptOrder(tx *native.Tx, d *native.Doc) error {
	d.Set("hold_reason", nil)
	d.Set("recalled_approval", nil)
	if d.IsNull("ledger_version") {
		d.Set("unanswered_for", d.Text("buyer"))
	}
	if !d.Bool("committed") {
		o, err := outlookFor(tx, d, tx.Today())
		if err != nil {
			return err
		}
		estimate(d, o)
		if err := commit(tx, d, o); err != nil {
			return err
		}
	}
	return setReleaseReady(tx, d)
}

// holdOrder asks for a new decision; what an earlier one said was about something else.
func holdOrder(_ *native.Tx, d *native.Doc) error {
	if d.IsNull("hold_reason") {
		d.Set("hold_reason", "manual")
	}
	d.Set("hold_count", d.Int("hold_count")+1)
	clearApproval(d)
	return nil
}

// recheckOrder looks again whether there still is a reason to hold an order; if so, it is decided anew.
func recheckOrder(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, d.Int("hold_count"))
	if !d.Bool("committed") {
		if err := examine(tx, d); err != nil {
			return err
		}
	} else {
		note, err := creditHolds(tx, d)
		if err != nil {
			return err
		}
		d.Set("hold_note", note)
		d.Set("hold_reason", nil)
		if note != "" {
			d.Set("hold_reason", "credit")
		}
	}
	if d.IsNull("hold_reason") {
		return nil
	}
	return holdOrder(tx, d)
}
