package erp

import (
	"fmt"
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

// creditHolds says why an order goes beyond the buyer's credit, "" when it does not: exposure as finance says it, plus
// own orders that finance has not answered yet, plus this order, against the limit (suite.md 3.a step 5). A buyer who
// pays in advance takes no credit; the release waits for the money instead. No copy of the credit, one that is too old
// for the policy, and a hold of finance hold the order too.
func creditHolds(tx *native.Tx, d *native.Doc) (string, error) {
	credit, ok, err := tx.Get("credit", d.Text("buyer"))
	switch {
	case err != nil:
		return "", err
	case ok && credit.Bool("hold"):
		return "财务已冻结 credit hold: " + credit.Text("hold_reason"), nil
	case d.Bool("prepaid"):
		return "", nil
	case !ok:
		return "无信用数据 no credit data", nil
	}
	if credit.Text("currency") != d.Text("currency") {
		return "信用币种不同 the credit is in " + credit.Text("currency"), nil
	}
	p, err := policyOf(tx)
	if err != nil {
		return "", err
	}
	asOf := credit.Time("updated_at")
	if age := tx.Now().Sub(asOf); p.creditMaxAge > 0 && age > p.creditMaxAge {
		return "信用数据已过时 credit data of " + asOf.Format(time.RFC3339), nil
	}
	limit := credit.Decimal("limit")
	exposure, err := withUnanswered(tx, d, credit.Decimal("exposure"), limit, asOf)
	if err != nil {
		return "", err
	}
	d.Set("credit_exposure", exposure)
	d.Set("credit_limit", limit)
	var more sihe.Decimal
	if !d.Bool("committed") {
		more = d.Decimal("gross_total")
	}
	if exposure.Add(more).Cmp(limit) <= 0 {
		return "", nil
	}
	return fmt.Sprintf("信用 credit %s + %s > %s", exposure, more, limit), nil
}

// withUnanswered adds to the exposure of that moment the buyer's other orders that it cannot contain yet, until the limit
// is passed.
func withUnanswered(tx *native.Tx, d *native.Doc, exposure, limit sihe.Decimal, asOf time.Time) (sihe.Decimal, error) {
	err := tx.Find("sales_order", "unanswered_for", d.Text("buyer"), func(o *native.Doc) (bool, error) {
		if o.Key() != d.Key() && !o.Time("created_at").Before(asOf) {
			exposure = exposure.Add(o.Decimal("gross_total"))
		}
		return exposure.Cmp(limit) <= 0, nil
	})
	return exposure, err
}
