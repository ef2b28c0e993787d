package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// reorder asks once for everything bought that would fall below its safety stock when all claims are served and all that
// is on order has come (suite.md 3.l).
func reorder(tx *native.Tx) error {
	var items []*native.Doc
	err := tx.List("item", func(d *native.Doc) (bool, error) {
		if d.Text("procurement") == "buy" && d.Bool("stocked") && d.State() == "active" && d.Text("warehouse") != "" {
			items = append(items, d)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	p := newPlanner(tx, tx.Today())
	for _, d := range items {
		p.need(d, d.Text("warehouse"), sihe.Decimal{})
	}
	if err := p.netMaterials(); err != nil {
		return err
	}
	var lines []native.Fields
	for _, m := range p.out.materials {
		if m.suggest.Sign() == 0 {
			continue
		}
		lines = append(lines, native.Fields{
			"item": m.item, "quantity": m.suggest, "need_date": p.today.AddDays(m.leadDays), "estimated_price": m.price, "supplier": m.supplier, "warehouse": m.warehouse,
		})
	}
	if len(lines) == 0 {
		return nil
	}
	return raiseRequisition(tx, native.Fields{"reason": "safety_stock"}, "", lines)
}
