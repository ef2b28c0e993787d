package erp

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// An outlook is what an order would come to, computed without changing anything: for each line what can be reserved,
// made and bought and when, the work orders and material that takes, cost and margin (suite.md 3.a steps 6 to 9).
type outlook struct {
	lines     []*lineOutlook
	works     []*work
	materials []*material
	net, cost sihe.Decimal
	promised  expr.Date
	foreign   bool // an item's cost is in another currency than the order
}

// A lineOutlook is one order line's part in it.
type lineOutlook struct {
	no                               int64
	item, warehouse                  string
	service                          bool
	quantity, reserve, toMake, toBuy sihe.Decimal
	available                        sihe.Decimal // before this order
	net, cost                        sihe.Decimal
	possible                         expr.Date
	work                             *work     // what makes it, when something is to be made
	buying                           *material // what is bought of the item itself
}

// A work is one work order to come.
type work struct {
	item, warehouse   string
	quantity          sihe.Decimal
	line              int64
	parent            *work
	bom, routing      string
	parts             []part
	ops               []operation
	slots             [][]slot // per operation
	start, finish     expr.Date
	available         expr.Date // finished, inspected and packed
	leadDays          int
	material          sihe.Decimal // planned cost
	labour, overheads sihe.Decimal
}

// A part is one material of a work order.
type part struct {
	item, warehouse string
	quantity        sihe.Decimal
	cost            sihe.Decimal
	supply          *work        // what makes it
	made            sihe.Decimal // how much of it is made
	material        *material    // what is bought, when it is a bought item
}

// A material is a bought item that the order needs, over all its lines and levels.
type material struct {
	item, warehouse                                           string
	supplier                                                  string
	leadDays                                                  int
	price                                                     sihe.Decimal
	required, safety, available, onOrder, short, net, suggest sihe.Decimal
	arrivals                                                  []slot
	minimum, lot                                              sihe.Decimal
	ready                                                     expr.Date
}

// A planner computes one outlook. It keeps its own picture of stock and capacity, so that two lines of an order never
// count the same piece twice.
type planner struct {
	tx        *native.Tx
	today     expr.Date
	currency  string // of the order; "" does not matter
	items     map[string]*native.Doc
	stocks    map[string]*stock
	calendars map[string]*calendar
	materials map[string]*material
	out       *outlook
}

func newPlanner(tx *native.Tx, today expr.Date) *planner {
	return &planner{
		tx: tx, today: today, items: map[string]*native.Doc{}, stocks: map[string]*stock{}, materials: map[string]*material{},
		calendars: map[string]*calendar{},
		out:       &outlook{promised: today},
	}
}

// outlookFor computes what a sales order comes to from a day on.
func outlookFor(tx *native.Tx, order *native.Doc, today expr.Date) (*outlook, error) {
	p := newPlanner(tx, today)
	p.currency = order.Text("currency")
	for _, r := range order.Rows("lines") {
		l := &lineOutlook{
			no: r.Int("line_no"), item: r.Text("item"), warehouse: r.Text("warehouse"), service: r.Bool("service"),
			quantity: r.Decimal("quantity"), net: r.Decimal("net"), possible: today,
		}
		if err := p.line(l); err != nil {
			return nil, err
		}
	}
	return p.finish()
}

// line splits one order line into what is reserved, made and bought.
func (p *planner) line(l *lineOutlook) error {
	p.out.lines = append(p.out.lines, l)
	item, err := p.item(l.item)
	if err != nil {
		return err
	}
	p.out.foreign = p.out.foreign || (p.currency != "" && p.currency != item.Text("currency"))
	if l.service || !item.Bool("stocked") {
		l.cost = l.quantity.Mul(item.Decimal("standard_hours")).Mul(item.Decimal("hourly_cost")).Round(2)
		return nil
	}
	s, err := p.stock(l.item, l.warehouse)
	if err != nil {
		return err
	}
	l.available = s.available()
	l.reserve = floor(l.available).Min(l.quantity)
	l.cost = valueOut(s.value, s.onHand, l.reserve)
	s.reserved = s.reserved.Add(l.reserve)
	rest := l.quantity.Sub(l.reserve)
	switch {
	case rest.Sign() == 0:
		return nil
	case item.Text("procurement") == "make":
		l.toMake = rest
		unit, err := standardOf(p.tx, item, p.today)
		if err != nil {
			return err
		}
		l.cost = l.cost.Add(rest.Mul(unit).Round(2))
		l.work, err = p.makeOf(item, l.warehouse, rest, nil, l.no, 0)
		return err
	}
	l.toBuy = rest
	l.cost = l.cost.Add(rest.Mul(priceOf(item)).Round(2))
	l.buying = p.need(item, l.warehouse, rest)
	return nil
}

// finish nets the material, loads the work centres, and dates and sums the lines.
func (p *planner) finish() (*outlook, error) {
	if err := p.netMaterials(); err != nil {
		return nil, err
	}
	for _, w := range p.out.works {
		if w.parent == nil {
			if err := p.schedule(w); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range p.out.lines {
		if l.work != nil {
			l.possible = l.work.available
		}
		if l.buying != nil {
			l.possible = max(l.possible, officeWeek().working(l.buying.ready))
		}
		p.out.promised = max(p.out.promised, l.possible)
		p.out.net, p.out.cost = p.out.net.Add(l.net), p.out.cost.Add(l.cost)
	}
	for _, l := range p.out.lines {
		if l.service { // work at the customer's starts when the goods are there
			l.possible = p.out.promised
		}
	}
	return p.out, nil
}

// margin is net less cost; marginRate is its share of net, and nothing where there is no net.
func (o *outlook) margin() sihe.Decimal { return o.net.Sub(o.cost) }

func (o *outlook) marginRate() sihe.Decimal {
	if o.net.Sign() == 0 {
		return sihe.Decimal{}
	}
	return o.margin().Div(o.net, 6)
}

func (p *planner) item(key string) (*native.Doc, error) {
	if d, ok := p.items[key]; ok {
		return d, nil
	}
	d, err := p.tx.Must("item", key)
	if err == nil {
		p.items[key] = d
	}
	return d, err
}

func (p *planner) stock(item, warehouse string) (*stock, error) {
	key := levelKey(item, warehouse)
	if s, ok := p.stocks[key]; ok {
		return s, nil
	}
	s, err := stockOf(p.tx, item, warehouse)
	if err == nil {
		p.stocks[key] = &s
	}
	return &s, err
}
