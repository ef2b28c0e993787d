// Package crm is what the native CRM module says in Go: a contract's revisions, the payment plan that an
// approval publishes, how what finance has collected spreads over the instalments, and what a return can be about.
package crm

import (
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// Rules returns the module's rules.
func Rules() []native.Rule {
	return []native.Rule{
		{Entity: "contract", On: "submit", Do: submitContract},
		{Entity: "contract", On: "reject", Do: nextRevision},
		{Entity: "contract", On: "change", Do: changeContract},
		{Entity: "contract", On: "approve", Do: publishPlan},
		{Entity: "contract", On: "sign", Do: signContract},
		{Entity: "payment_plan", On: "change", Do: keptByFinance},
		{Entity: "payment_plan", On: "write_back", Do: spreadCollected},
		{Entity: "crm_order", On: "place", Do: placeOrder},
		{Entity: "service_order", On: "complete", Do: completeService},
		{Entity: "return_request", On: "change", Do: fillReturn},
		{Entity: "return_request", On: "cancel", Do: recallReturn},
		{Entity: "collection_task", On: "change", Do: keepClaim},
		{Entity: "collection_task", On: "close", Do: closeClaim},
	}
}

// recallApproval names the approval that its document needs no more, which the hub then recalls from OA. Only a document
// that waits for an answer has one.
func recallApproval(d *native.Doc, waits string, revision int64) {
	d.Set("recalled_approval", nil)
	if s := d.Text("approval_status"); d.State() == waits && (s == "none" || s == "pending") {
		d.Set("recalled_approval", fmt.Sprintf("AR-%s-%d", d.Key(), revision))
	}
}

func clearApproval(d *native.Doc) {
	d.Set("approval_status", "none")
	d.Set("approval_no", nil)
	d.Set("approved_at", nil)
}

// keptByFinance refuses to write by hand what contracts and finance decide.
func keptByFinance(tx *native.Tx, d *native.Doc) error {
	if tx.FromAPI() {
		return sihe.Rejected(sihe.CodeProjection, "write %s %s: the contract and finance decide it", d.Entity(), d.Key())
	}
	return nil
}

// keepClaim leaves what finance claims as it is: the salesperson adds what the customer said.
func keepClaim(tx *native.Tx, d *native.Doc) error {
	if !tx.FromAPI() {
		return nil
	}
	was := d.Was()
	if was == nil {
		return sihe.Rejected(sihe.CodeProjection, "create a collection task: finance makes it of a dunning notice")
	}
	for _, field := range []string{"dunning_no", "customer", "level", "currency", "amount", "invoices", "due_date"} {
		if !d.Value(field).Equal(was.Value(field)) {
			return sihe.Rejected(sihe.CodeFieldFrozen, "change %s: finance says it", d.Key()).At(field)
		}
	}
	return nil
}

// closeClaim is finance's: a claim is closed when it is settled.
func closeClaim(tx *native.Tx, d *native.Doc) error {
	if tx.FromAPI() {
		return sihe.Rejected(sihe.CodeProjection, "close %s: finance closes it when the money is there", d.Key())
	}
	return nil
}
