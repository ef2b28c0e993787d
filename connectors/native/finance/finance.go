// Package finance is what the native finance module says in Go: the ledger, receivables and bills, customer money,
// credit, dunning, and the month's end. What its documents look like stands in canonical/entities/finance.
//
// # Rooms
//
// ledger.go posts entries: balanced and exact, into an open period, numbered without gaps, chained by hash. Everything
// else posts through it. receivable.go makes invoices of signed deliveries, cash.go and match.go take in money,
// advance.go sets deposits against invoices, bill.go matches what suppliers ask for. settlement.go and exposure.go
// recompute what other modules are told, always in absolute values and in the same transaction as what changed them
// (invariant 5).
//
// # Rules worth knowing
//
// A posted entry never changes (invariant 6); a correction is a reversal or a red-letter entry, which keeps the side
// and carries a minus sign. An event id is posted once. A document that only finance makes by itself (an invoice, an
// allocation) cannot be made from outside.
package finance

import (
	"slices"

	"github.com/sihehub/sihe/connectors/native"
)

// books are the module's rules over one chart of accounts. They hold no state; what is true stands in the documents.
type books struct{ chart *chart }

func openBooks() *books { return &books{chart: mustChart()} }

// Rules returns the module's rules.
func Rules() []native.Rule {
	b := openBooks()
	return slices.Concat(
		madeHere(),
		b.ledgerRules(),
		b.periodRules(),
		b.salesRules(),
		b.cashRules(),
		b.purchaseRules(),
		b.creditRules(),
	)
}

// Jobs returns the module's jobs; times are in the hub's zone.
func Jobs() []native.Job {
	b := openBooks()
	return []native.Job{
		{Name: "load-chart", Do: b.loadChart},
		{Name: "dispatch", Schedule: "50 23 * * *", Do: b.bookDispatched},
		{Name: "daily", Schedule: "30 6 * * *", Do: b.runDay},
	}
}

// Reports returns the module's reports.
func Reports() []native.Report {
	b := openBooks()
	return []native.Report{
		{Name: "trial_balance", Do: b.trialBalance},
		{Name: "balance", Do: b.accountBalance},
		{Name: "verify", Do: b.verifyChain},
		{Name: "control", Do: b.controlAccounts},
		{Name: "ageing", Do: b.ageing},
		{Name: "payables_ageing", Do: b.payablesAgeing},
		{Name: "statement", Do: b.customerStatement},
		{Name: "income_statement", Do: b.incomeStatement},
		{Name: "balance_sheet", Do: b.balanceSheet},
		{Name: "cash_flow", Do: b.cashFlowStatement},
		{Name: "vat", Do: b.vatReport},
	}
}
