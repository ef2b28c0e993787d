package erp

import (
	"fmt"

	"github.com/sihehub/sihe/connectors/native"
)

// keepPromise writes the outlook down as the order's business flow sheet, in place of an earlier one.
func keepPromise(tx *native.Tx, d *native.Doc, o *outlook) error {
	if err := dropPromise(tx, d); err != nil {
		return err
	}
	p, err := tx.Create("order_promise", native.Fields{
		"sales_order": d.Key(), "order_date": tx.Today(), "promised_date": d.Date("promised_date"), "currency": d.Text("currency"),
		"net_total": o.net, "estimated_cost": o.cost, "margin_rate": o.marginRate(),
	})
	if err != nil {
		return err
	}
	for _, l := range o.lines {
		en, zh := explain(l)
		p.AddRow("lines", native.Fields{
			"line_no": l.no, "item": l.item, "quantity": l.quantity, "reserve_quantity": l.reserve, "make_quantity": l.toMake,
			"buy_quantity": l.toBuy, "possible_date": l.possible, "cost": l.cost, "net": l.net, "explanation": en, "explanation_zh": zh,
		})
	}
	for _, m := range o.materials {
		p.AddRow("materials", native.Fields{
			"item": m.item, "warehouse": m.warehouse, "required_quantity": m.required, "safety_quantity": m.safety,
			"available_quantity": m.available, "on_order_quantity": m.onOrder, "short_quantity": m.short, "net_quantity": m.net,
			"suggest_quantity": m.suggest, "ready_date": m.ready,
		})
	}
	for _, w := range o.works {
		for i, op := range w.ops {
			row := native.Fields{"item": w.item, "work_center": op.center, "quantity": w.quantity, "hours": op.hours}
			if s := w.slots[i]; len(s) > 0 {
				row["start_date"], row["finish_date"] = s[0].date, s[len(s)-1].date
			}
			p.AddRow("capacity", row)
		}
	}
	d.Set("promise", p.Key())
	return tx.Save(p)
}

// dropPromise marks the promise in force as replaced.
func dropPromise(tx *native.Tx, d *native.Doc) error {
	if d.IsNull("promise") {
		return nil
	}
	p, err := tx.Must("order_promise", d.Text("promise"))
	if err != nil || p.State() != "computed" {
		return err
	}
	return tx.Act(p, "supersede", nil)
}

// explain says in words how a line comes to its quantities and its date.
func explain(l *lineOutlook) (en, zh string) {
	if l.service {
		return fmt.Sprintf("service, with the goods on %s", l.possible), fmt.Sprintf("服务，随货于%s", l.possible)
	}
	en = fmt.Sprintf("%s of %s from stock (%s available)", l.reserve, l.quantity, l.available)
	zh = fmt.Sprintf("库存锁定%s／%s（可用%s）", l.reserve, l.quantity, l.available)
	if w := l.work; w != nil {
		ready, most := materialReady(w)
		en += fmt.Sprintf("; %s to make: material complete on %s%s, work from %s to %s, ready on %s", l.toMake, ready, shortOf(most, "en"), w.start, w.finish, w.available)
		zh += fmt.Sprintf("；生产%s：%s齐料%s，%s至%s加工，%s可发", l.toMake, ready, shortOf(most, "zh"), w.start, w.finish, w.available)
	}
	if m := l.buying; m != nil {
		en += fmt.Sprintf("; %s to buy, there on %s%s", l.toBuy, m.ready, shortOf(m, "en"))
		zh += fmt.Sprintf("；采购%s，%s到货%s", l.toBuy, m.ready, shortOf(m, "zh"))
	}
	return en, zh
}

// materialReady is the day on which a work order's material is complete, at all its levels, and what comes last.
func materialReady(w *work) (ready fmt.Stringer, last *material) {
	day := w.start
	first := true
	var visit func(*work)
	visit = func(w *work) {
		for _, p := range w.parts {
			if p.supply != nil {
				visit(p.supply)
			}
			if p.material != nil && (first || p.material.ready > day) {
				day, first = p.material.ready, false
				if p.material.short.Sign() > 0 {
					last = p.material
				}
			}
		}
	}
	visit(w)
	return day, last
}

func shortOf(m *material, language string) string {
	switch {
	case m == nil:
		return ""
	case language == "zh":
		return fmt.Sprintf("（%s缺%s，建议采购%s，提前期%d天）", m.item, m.short, m.suggest, m.leadDays)
	}
	return fmt.Sprintf(" (%s short by %s, to purchase %s, lead time %d days)", m.item, m.short, m.suggest, m.leadDays)
}
