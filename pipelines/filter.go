package pipelines

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/pipelines/store"
)

// filter lets through what the pipeline listens to and its condition wants (EIP Message Filter).
func (d *deliverer) filter(p *parcel, _ *plan) (*plan, error) {
	if p.bad != nil {
		return nil, p.bad
	}
	if !d.p.listens(p.event) {
		return conclude(store.Filtered, sihe.CodeNotOn, ""), nil
	}
	if err := p.decode(d.p.From); err != nil {
		return nil, err
	}
	wanted, err := d.p.wants(&expr.Frame{Source: p.value, World: d.world(p, nil)})
	if err == nil && !wanted {
		return conclude(store.Filtered, sihe.CodeNotWhen, ""), nil
	}
	return nil, err
}

// decode reads the canonical record once, and with it the amount that the balance counts.
func (p *parcel) decode(e *canonical.Entity) error {
	if p.decoded {
		return nil
	}
	v, err := canonical.Decode(e.Type, p.event.Data)
	if err != nil {
		return sihe.Permanent(err)
	}
	p.value, p.decoded = v, true
	p.amount, p.currency = amountOf(e, v)
	return nil
}
