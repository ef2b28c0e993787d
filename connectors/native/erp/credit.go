package erp

import (
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A policy is the rules of the house for orders, from the record erp.policy "erp".
type policy struct {
	marginFloor      sihe.Decimal
	creditMaxAge     time.Duration // 0: a copy fed by events is current however old
	qualityWarehouse string
}

func policyOf(tx *native.Tx) (policy, error) {
	p := policy{marginFloor: sihe.MustDecimal("0.25")}
	d, ok, err := tx.Get("policy", "erp")
	if err != nil || !ok {
		return p, err
	}
	p.marginFloor = d.Decimal("margin_floor")
	p.creditMaxAge = time.Duration(d.Int("credit_max_age_hours")) * time.Hour
	p.qualityWarehouse = d.Text("quality_warehouse")
	return p, nil
}

// creditHolds says whether an order goes beyond the buyer's credit: exposure as finance says it, plus own orders that
// finance has not answered yet, plus this order, against the limit (suite.md 3.a step 5). A buyer who pays in advance
// takes no credit; the release waits for the money instead. No copy of the credit, one that is too old for the policy,
// and a hold of finance hold the order too.
func creditHolds(tx *native.Tx, d *native.Doc) (bool, error) {
	credit, ok, err := tx.Get("credit", d.Text("buyer"))
	if err != nil {
		return false, err
	}
	if ok && credit.Bool("hold") {
		return true, nil
	}
	if d.Bool("prepaid") {
		return false, nil
	}
	if !ok {
		d.Set("hold_note", "no credit data of the customer")
		return true, nil
	}
	p, err := policyOf(tx)
	if err != nil {
		return false, err
	}
	if age := tx.Now().Sub(credit.Time("updated_at")); p.creditMaxAge > 0 && age > p.creditMaxAge {
		d.Set("hold_note", "the credit data are older than the policy allows")
		return true, nil
	}
	exposure, err := unanswered(tx, d, credit.Time("updated_at"))
	if err != nil {
		return false, err
	}
	exposure = exposure.Add(credit.Decimal("exposure"))
	d.Set("credit_exposure", exposure)
	d.Set("credit_limit", credit.Decimal("limit"))
	if !d.Bool("committed") {
		exposure = exposure.Add(d.Decimal("gross_total"))
	}
	return exposure.Cmp(credit.Decimal("limit")) > 0, nil
}

// unanswered is the amount of the buyer's other orders that the exposure of that moment cannot contain yet.
func unanswered(tx *native.Tx, d *native.Doc, asOf time.Time) (sihe.Decimal, error) {
	var sum sihe.Decimal
	orders, err := found(tx, "sales_order", "buyer", d.Text("buyer"))
	if err != nil {
		return sum, err
	}
	for _, o := range orders {
		open := o.State() == "accepted" || o.State() == "released"
		if open && o.Key() != d.Key() && o.IsNull("ledger_version") && !o.Time("created_at").Before(asOf) {
			sum = sum.Add(o.Decimal("gross_total"))
		}
	}
	return sum, nil
}
