package finance

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// refresh recomputes what other modules are told about a customer and his orders. It is called last in every
// transaction that changes invoices, money or orders, so the figures leave together with what changed them.
func (b *books) refresh(tx *native.Tx, party string, orders ...string) error {
	slices.Sort(orders)
	for _, o := range slices.Compact(orders) {
		if o == "" {
			continue
		}
		if err := b.settleOrder(tx, o); err != nil {
			return err
		}
	}
	if party == "" {
		return nil
	}
	if err := b.refreshDunning(tx, party); err != nil {
		return err
	}
	return b.settleCredit(tx, party)
}

// orderFigures are the absolute values of one sales order.
type orderFigures struct {
	invoiced, credited, received, overdue sihe.Decimal
	party                                 string
}

// settleOrder recomputes one order. Saving changes nothing, and the ledger version stays, when no value changed.
func (b *books) settleOrder(tx *native.Tx, no string) error {
	f, err := figuresOf(tx, no)
	if err != nil {
		return err
	}
	order, _, err := tx.Get("sales_order", no)
	if err != nil {
		return err
	}
	d, ok, err := tx.Get("order_settlement", no)
	if err != nil {
		return err
	}
	if !ok {
		if d, err = tx.Create("order_settlement", orderNames(no, order, f.party)); err != nil {
			return err
		}
	}
	gross, open := f.invoiced, sihe.Decimal{}
	if order != nil {
		for name, v := range orderNames(no, order, f.party) {
			if name != "order_no" {
				d.Set(name, v)
			}
		}
		gross, open = orderTotals(order, f.invoiced)
	}
	payable := gross.Sub(f.credited)
	d.Set("gross_total", gross)
	d.Set("invoiced_amount", f.invoiced)
	d.Set("credited_amount", f.credited)
	d.Set("payable", payable)
	d.Set("paid_amount", f.received)
	d.Set("outstanding_amount", payable.Sub(f.received).Max(sihe.Decimal{}))
	d.Set("payment_status", paymentStatus(payable, f.received))
	d.Set("overdue", f.overdue.Sign() > 0)
	d.Set("overdue_amount", f.overdue)
	d.Set("billing_status", billingStatus(gross, f.invoiced))
	d.Set("open_amount", open)
	if open.Sign() > 0 {
		d.Set("open_party", d.Text("party"))
	} else {
		d.Set("open_party", nil)
	}
	return tx.Save(d)
}

// orderTotals says what an order comes to and what of it is still to be invoiced. A cancelled one comes to what was
// invoiced; one that is not accepted yet commits nobody.
func orderTotals(order *native.Doc, invoiced sihe.Decimal) (gross, open sihe.Decimal) {
	gross = order.Decimal("gross_total")
	switch order.State() {
	case "cancelled", "rejected":
		return invoiced, sihe.Decimal{}
	case "accepted", "released":
		return gross, gross.Sub(invoiced).Max(sihe.Decimal{})
	}
	return gross, sihe.Decimal{}
}

func orderNames(no string, order *native.Doc, party string) native.Fields {
	f := native.Fields{"order_no": no}
	f["party"] = party
	if order != nil {
		f["party"] = order.Text("buyer")
		f["crm_order"] = order.Text("source_order")
		f["contract_no"] = order.Text("contract")
		f["currency"] = order.Text("currency")
	}
	return f
}

// figuresOf adds up the invoices of an order and the money that waits for it in 2203.
func figuresOf(tx *native.Tx, no string) (orderFigures, error) {
	var f orderFigures
	err := tx.Find("invoice", "sales_order", no, func(i *native.Doc) (bool, error) {
		f.party = i.Text("party")
		f.invoiced = f.invoiced.Add(i.Decimal("gross_total"))
		f.credited = f.credited.Add(sum(i.Rows("lines"), "credited_gross"))
		f.received = f.received.Add(i.Decimal("received_amount"))
		if i.Bool("overdue") {
			f.overdue = f.overdue.Add(i.Decimal("outstanding"))
		}
		return true, nil
	})
	if err != nil {
		return f, err
	}
	err = tx.Find("advance", "sales_order", no, func(a *native.Doc) (bool, error) {
		if f.party == "" {
			f.party = a.Text("party")
		}
		if !a.IsNull("cash_document") {
			f.received = f.received.Add(a.Decimal("open_amount"))
		}
		return true, nil
	})
	return f, err
}

// paymentStatus is a function of the amounts alone.
func paymentStatus(payable, paid sihe.Decimal) string {
	switch c := paid.Cmp(payable); {
	case c > 0:
		return "overpaid"
	case paid.Sign() == 0:
		return "not_paid"
	case c == 0:
		return "paid"
	}
	return "partially_paid"
}

func billingStatus(gross, invoiced sihe.Decimal) string {
	switch {
	case invoiced.Sign() == 0:
		return "none"
	case invoiced.Cmp(gross) < 0:
		return "partial"
	}
	return "full"
}
