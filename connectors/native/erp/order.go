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
	return examine(tx, d)
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

// examine finds the reasons to hold an order and keeps the outlook: as a promise with stock reserved when there are
// none, else only as figures for whoever decides.
func examine(tx *native.Tx, d *native.Doc) error {
	o, err := outlookFor(tx, d, tx.Today())
	if err != nil {
		return err
	}
	estimate(d, o)
	var reasons []string
	if held, err := creditHolds(tx, d); err != nil {
		return err
	} else if held {
		reasons = append(reasons, "credit")
	}
	p, err := policyOf(tx)
	if err != nil {
		return err
	}
	if o.marginRate().Cmp(p.marginFloor) < 0 {
		reasons = append(reasons, "margin")
	}
	d.Set("hold_reason", strings.Join(reasons, ", "))
	if len(reasons) > 0 {
		return keepPromise(tx, d, o)
	}
	return commit(tx, d, o)
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
	d.Set("approval_status", "none")
	d.Set("approval_no", nil)
	d.Set("approved_at", nil)
	return nil
}

// recheckOrder looks again whether there still is a reason to hold an order.
func recheckOrder(tx *native.Tx, d *native.Doc) error {
	if !d.Bool("committed") {
		return examine(tx, d)
	}
	held, err := creditHolds(tx, d)
	if err != nil {
		return err
	}
	d.Set("hold_reason", nil)
	if held {
		d.Set("hold_reason", "credit")
	}
	return nil
}
