package crm

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// submitContract asks for a decision about exactly this content.
func submitContract(_ *native.Tx, d *native.Doc) error {
	clearApproval(d)
	d.Set("recalled_approval", nil)
	return nil
}

// nextRevision opens a new revision: what was decided was decided about the old content, and stays visible until the next
// question is asked.
func nextRevision(_ *native.Tx, d *native.Doc) error {
	d.Set("revision", d.Int("revision")+1)
	return nil
}

// changeContract takes a contract back. A question that is still open is recalled; a late answer to it carries the old
// hash and is refused.
func changeContract(tx *native.Tx, d *native.Doc) error {
	recallApproval(d, "submitted", d.Int("revision"))
	clearApproval(d)
	return nextRevision(tx, d)
}

// signContract dates the signature.
func signContract(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("sign_date") {
		d.Set("sign_date", tx.Today())
	}
	return nil
}

// publishPlan writes down the payment plan of an approved contract; a new revision replaces its instalments.
func publishPlan(tx *native.Tx, d *native.Doc) error {
	plan, ok, err := tx.Get("payment_plan", d.Key())
	if err != nil {
		return err
	}
	if !ok {
		plan, err = tx.Create("payment_plan", native.Fields{
			"plan_no": d.Key(), "contract": d.Key(), "customer": d.Text("customer"), "currency": d.Text("currency"),
		})
		if err != nil {
			return err
		}
	}
	rows := d.Rows("installments")
	slices.SortStableFunc(rows, func(a, b *native.Row) int { return cmp.Compare(a.Int("installment"), b.Int("installment")) })
	lines := make([]native.Fields, len(rows))
	for i, r := range rows {
		lines[i] = native.Fields{
			"installment": r.Int("installment"), "kind": r.Text("kind"), "due_date": r.Date("due_date"), "amount": r.Decimal("amount"),
		}
	}
	plan.Set("lines", lines)
	plan.Set("customer", d.Text("customer"))
	plan.Set("currency", d.Text("currency"))
	if err := linkPlan(tx, plan, d.Key()); err != nil {
		return err
	}
	if err := spreadCollected(tx, plan); err != nil {
		return err
	}
	return tx.Save(plan)
}

// linkPlan names the contract's order on the plan, when there is one.
func linkPlan(tx *native.Tx, plan *native.Doc, contract string) error {
	return tx.Find("crm_order", "contract", contract, func(o *native.Doc) (bool, error) {
		if s := o.State(); s == "draft" || s == "rejected" || s == "cancelled" {
			return true, nil
		}
		plan.Set("order_no", o.Key())
		return false, nil
	})
}

// spreadCollected fills the instalments in their order with what finance says has come in, all told.
func spreadCollected(_ *native.Tx, d *native.Doc) error {
	rest := d.Decimal("collected_amount")
	for _, r := range d.Rows("lines") {
		part := rest.Min(r.Decimal("amount"))
		if part.Sign() < 0 {
			part = sihe.Decimal{}
		}
		rest = rest.Sub(part)
		r.Set("collected", part)
		r.Set("status", collectedStatus(part, r.Decimal("amount")))
	}
	return nil
}

func collectedStatus(part, amount sihe.Decimal) string {
	switch {
	case part.Sign() <= 0:
		return "planned"
	case part.Cmp(amount) < 0:
		return "partly"
	}
	return "collected"
}
