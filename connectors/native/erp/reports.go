package erp

import (
	"net/url"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A StockValue is the value of all stock on one day, by valuation class: raw is account 1403, finished 1405. Work in
// progress is what open work orders have cost and not delivered yet (5001).
type StockValue struct {
	AsOf           string       `json:"as_of"`
	Raw            sihe.Decimal `json:"raw"`
	Finished       sihe.Decimal `json:"finished"`
	Other          sihe.Decimal `json:"other"`
	WorkInProgress sihe.Decimal `json:"work_in_progress"`
	Lines          []StockLine  `json:"lines"`
}

// A StockLine is one item in one warehouse.
type StockLine struct {
	Item           string       `json:"item"`
	Warehouse      string       `json:"warehouse"`
	ValuationClass string       `json:"valuation_class"`
	OnHand         sihe.Decimal `json:"on_hand_quantity"`
	Reserved       sihe.Decimal `json:"reserved_quantity"`
	Available      sihe.Decimal `json:"available_quantity"`
	Value          sihe.Decimal `json:"value"`
}

func stockValue(tx *native.Tx, _ url.Values) (any, error) {
	rep := StockValue{AsOf: tx.Today().String(), Lines: []StockLine{}}
	err := tx.List("stock_level", func(l *native.Doc) (bool, error) {
		item, err := tx.Must("item", l.Text("item"))
		if err != nil {
			return false, err
		}
		line := StockLine{
			Item: item.Key(), Warehouse: l.Text("warehouse"), ValuationClass: item.Text("valuation_class"), OnHand: l.Decimal("on_hand_quantity"),
			Reserved: l.Decimal("reserved_quantity"), Available: l.Decimal("available_quantity"), Value: l.Decimal("value"),
		}
		switch line.ValuationClass {
		case "raw":
			rep.Raw = rep.Raw.Add(line.Value)
		case "finished":
			rep.Finished = rep.Finished.Add(line.Value)
		default:
			rep.Other = rep.Other.Add(line.Value)
		}
		rep.Lines = append(rep.Lines, line)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, state := range []string{"in_progress", "completed"} {
		works, err := found(tx, "production_order", "state", state)
		if err != nil {
			return nil, err
		}
		for _, w := range works {
			rep.WorkInProgress = rep.WorkInProgress.Add(w.Decimal("actual_cost")).Sub(w.Decimal("completed_cost"))
		}
	}
	return rep, nil
}

// A Promise answers "when could we deliver, and why": for a sales order as promised, for an item and a quantity as of now
// without reserving anything.
type Promise struct {
	SalesOrder   string            `json:"sales_order,omitempty"`
	PromisedDate string            `json:"promised_date"`
	Lines        []PromiseLine     `json:"lines"`
	Materials    []PromiseMaterial `json:"materials"`
}

// A PromiseLine is one line of it, with the reasons in both languages.
type PromiseLine struct {
	Item          string       `json:"item"`
	Quantity      sihe.Decimal `json:"quantity"`
	Reserve       sihe.Decimal `json:"reserve_quantity"`
	Make          sihe.Decimal `json:"make_quantity"`
	Buy           sihe.Decimal `json:"buy_quantity"`
	PossibleDate  string       `json:"possible_date"`
	Explanation   string       `json:"explanation"`
	ExplanationZh string       `json:"explanation_zh"`
}

// A PromiseMaterial is one bought material of it.
type PromiseMaterial struct {
	Item      string       `json:"item"`
	Required  sihe.Decimal `json:"required_quantity"`
	Short     sihe.Decimal `json:"short_quantity"`
	Suggest   sihe.Decimal `json:"suggest_quantity"`
	ReadyDate string       `json:"ready_date"`
}

func promiseReport(tx *native.Tx, q url.Values) (any, error) {
	if key := q.Get("sales_order"); key != "" {
		return promiseOf(tx, key)
	}
	quantity, err := sihe.ParseDecimal(q.Get("quantity"))
	if err != nil {
		return nil, sihe.Rejected(sihe.CodeDecimalSyntax, "simulate a promise: give sales_order, or item and quantity").At("quantity")
	}
	item, err := tx.Must("item", q.Get("item"))
	if err != nil {
		return nil, err
	}
	p := newPlanner(tx, tx.Today())
	l := &lineOutlook{no: 1, item: item.Key(), warehouse: item.Text("warehouse"), service: item.Text("item_class") == "service", quantity: quantity, possible: tx.Today()}
	if err := p.line(l); err != nil {
		return nil, err
	}
	o, err := p.finish()
	if err != nil {
		return nil, err
	}
	rep := Promise{PromisedDate: o.promised.String(), Materials: []PromiseMaterial{}}
	en, zh := explain(l)
	rep.Lines = []PromiseLine{{l.item, l.quantity, l.reserve, l.toMake, l.toBuy, l.possible.String(), en, zh}}
	for _, m := range o.materials {
		rep.Materials = append(rep.Materials, PromiseMaterial{m.item, m.required, m.short, m.suggest, m.ready.String()})
	}
	return rep, nil
}

// promiseOf reads the promise that a sales order was given.
func promiseOf(tx *native.Tx, key string) (any, error) {
	o, err := tx.Must("sales_order", key)
	if err != nil {
		return nil, err
	}
	rep := Promise{SalesOrder: key, Lines: []PromiseLine{}, Materials: []PromiseMaterial{}}
	if o.IsNull("promise") {
		return rep, nil
	}
	p, err := tx.Must("order_promise", o.Text("promise"))
	if err != nil {
		return nil, err
	}
	rep.PromisedDate = p.Date("promised_date").String()
	for _, r := range p.Rows("lines") {
		rep.Lines = append(rep.Lines, PromiseLine{
			r.Text("item"), r.Decimal("quantity"), r.Decimal("reserve_quantity"), r.Decimal("make_quantity"), r.Decimal("buy_quantity"),
			r.Date("possible_date").String(), r.Text("explanation"), r.Text("explanation_zh"),
		})
	}
	for _, r := range p.Rows("materials") {
		rep.Materials = append(rep.Materials, PromiseMaterial{
			r.Text("item"), r.Decimal("required_quantity"), r.Decimal("short_quantity"), r.Decimal("suggest_quantity"), r.Date("ready_date").String(),
		})
	}
	return rep, nil
}
