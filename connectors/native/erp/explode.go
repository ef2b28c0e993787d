package erp

import (
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// makeOf plans to make a quantity of an item and explodes its bill of material: made parts come from free stock as far
// as it goes and are made for the rest, level by level; bought parts are added to the material need.
func (p *planner) makeOf(item *native.Doc, warehouse string, quantity sihe.Decimal, parent *work, line int64, level int) (*work, error) {
	if level > maxLevels {
		return nil, sihe.Rejected(sihe.CodeBOMCycle, "plan %s: more than %d levels", item.Key(), maxLevels)
	}
	bom, ok, err := inForce(p.tx, "bom", item.Key(), p.today)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sihe.Rejected(sihe.CodeBOMMissing, "plan %s: no bill of material is in force on %s", item.Key(), p.today)
	}
	w := &work{
		item: item.Key(), warehouse: warehouse, quantity: quantity, line: line, parent: parent, bom: bom.Key(),
		leadDays: int(item.Int("lead_time_days")),
	}
	p.out.works = append(p.out.works, w)
	if routing, ok, err := inForce(p.tx, "routing", item.Key(), p.today); err != nil {
		return nil, err
	} else if ok {
		w.routing = routing.Key()
	}
	if w.ops, err = operationsOf(p.tx, item.Key(), p.today, quantity); err != nil {
		return nil, err
	}
	for _, o := range w.ops {
		w.labour = w.labour.Add(o.hours.Mul(o.labour).Round(2))
		w.overheads = w.overheads.Add(o.hours.Mul(o.overhead).Round(2))
	}
	for _, r := range bom.Rows("lines") {
		pt, err := p.partOf(w, r.Text("item"), perLine(bom, r, quantity), level)
		if err != nil {
			return nil, err
		}
		w.parts = append(w.parts, pt)
		w.material = w.material.Add(pt.cost)
	}
	return w, nil
}

func (p *planner) partOf(w *work, key string, quantity sihe.Decimal, level int) (part, error) {
	item, err := p.item(key)
	if err != nil {
		return part{}, err
	}
	home, err := homeOf(item)
	if err != nil {
		return part{}, err
	}
	pt := part{item: key, warehouse: home, quantity: quantity}
	unit, err := standardOf(p.tx, item, p.today)
	if err != nil {
		return part{}, err
	}
	pt.cost = quantity.Mul(unit).Round(2)
	if item.Text("procurement") != "make" {
		pt.material = p.need(item, home, quantity)
		return pt, nil
	}
	s, err := p.stock(key, home)
	if err != nil {
		return part{}, err
	}
	fromStock := floor(s.unplanned()).Min(quantity)
	s.required = s.required.Add(fromStock)
	if pt.made = quantity.Sub(fromStock); pt.made.Sign() > 0 {
		pt.supply, err = p.makeOf(item, home, pt.made, w, 0, level+1)
	}
	return pt, err
}

// need adds to the material that must be bought or be there; equal items of one plan merge.
func (p *planner) need(item *native.Doc, warehouse string, quantity sihe.Decimal) *material {
	key := levelKey(item.Key(), warehouse)
	m, ok := p.materials[key]
	if !ok {
		m = &material{
			item: item.Key(), warehouse: warehouse, supplier: item.Text("supplier"), leadDays: int(item.Int("lead_time_days")),
			price: priceOf(item), safety: item.Decimal("safety_stock"), minimum: item.Decimal("min_order_quantity"), lot: item.Decimal("lot_size"),
		}
		p.materials[key] = m
		p.out.materials = append(p.out.materials, m)
	}
	m.required = m.required.Add(quantity)
	return m
}

// netMaterials computes net = max(0, required + safety − available − on order) for every material, what to buy of it
// (minimum order, whole lots), and when the required quantity is there.
func (p *planner) netMaterials() error {
	for _, m := range p.out.materials {
		s, err := p.stock(m.item, m.warehouse)
		if err != nil {
			return err
		}
		m.available, m.onOrder, m.arrivals = s.unplanned(), s.onOrder(), s.arrivals
		m.short = floor(m.required.Sub(floor(m.available)))
		m.net = floor(m.required.Add(m.safety).Sub(m.available).Sub(m.onOrder))
		m.suggest = lots(m.net, m.minimum, m.lot)
		m.ready = p.readyDate(m)
	}
	return nil
}

// readyDate is today when the stock covers the need; else the day on which purchase orders under way cover it; else
// today plus the item's lead time in calendar days.
func (p *planner) readyDate(m *material) expr.Date {
	covered := m.available
	if covered.Cmp(m.required) >= 0 {
		return p.today
	}
	arrivals := slices.Clone(m.arrivals)
	slices.SortFunc(arrivals, func(a, b slot) int { return int(a.date) - int(b.date) })
	for _, a := range arrivals {
		if covered = covered.Add(a.hours); covered.Cmp(m.required) >= 0 {
			return max(p.today, a.date)
		}
	}
	return p.today.AddDays(m.leadDays)
}
