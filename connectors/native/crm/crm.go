// Package crm is what the native CRM module says in Go: a contract's revisions, the payment plan that an
// approval publishes, and how what finance has collected spreads over the instalments.
package crm

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Rules returns the module's rules.
func Rules() []native.Rule {
	return []native.Rule{
		{Entity: "contract", On: "reject", Do: reviseContract},
		{Entity: "contract", On: "change", Do: reviseContract},
		{Entity: "contract", On: "approve", Do: publishPlan},
		{Entity: "contract", On: "sign", Do: signContract},
		{Entity: "crm_order", On: "place", Do: placeOrder},
		{Entity: "payment_plan", On: "write_back", Do: spreadCollected},
		{Entity: "service_order", On: "complete", Do: completeService},
	}
}

// reviseContract opens a new revision: what was decided was decided about the old content.
func reviseContract(_ *native.Tx, d *native.Doc) error {
	d.Set("revision", d.Int("revision")+1)
	d.Set("approval_status", "none")
	d.Set("approval_no", nil)
	d.Set("approved_at", nil)
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
	lines := make([]native.Fields, 0, len(d.Rows("installments")))
	for _, r := range d.Rows("installments") {
		lines = append(lines, native.Fields{
			"installment": r.Int("installment"), "kind": r.Text("kind"), "due_date": r.Date("due_date"), "amount": r.Decimal("amount"),
		})
	}
	plan.Set("lines", lines)
	if err := linkPlan(tx, plan, d.Key()); err != nil {
		return err
	}
	if err := spreadCollected(tx, plan); err != nil {
		return err
	}
	return tx.Save(plan)
}

// signContract dates the signature.
func signContract(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("sign_date") {
		d.Set("sign_date", tx.Today())
	}
	return nil
}

// linkPlan names the contract's order on the plan, when there is one.
func linkPlan(tx *native.Tx, plan *native.Doc, contract string) error {
	return tx.Find("crm_order", "contract", contract, func(o *native.Doc) (bool, error) {
		plan.Set("order_no", o.Key())
		return false, nil
	})
}

// placeOrder dates the order and ties the contract's payment plan to it.
func placeOrder(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("order_date") {
		d.Set("order_date", tx.Today())
	}
	if d.IsNull("contract") {
		return nil
	}
	plan, ok, err := tx.Get("payment_plan", d.Text("contract"))
	if err != nil || !ok {
		return err
	}
	plan.Set("order_no", d.Key())
	return tx.Save(plan)
}

// spreadCollected fills the instalments in their order with what finance says has come in, all told.
func spreadCollected(_ *native.Tx, d *native.Doc) error {
	rest := d.Decimal("collected_amount")
	for _, r := range d.Rows("lines") {
		part := rest.Min(r.Decimal("amount"))
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

func completeService(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("finished_on") {
		d.Set("finished_on", tx.Today())
	}
	return nil
}
