package finance

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// Buckets of the ageing by days overdue; the last has no end.
const (
	bucketNotDue = "not_due"
	bucketLast   = "over_180"
)

type bucket struct {
	name string
	upto int
}

func buckets() []bucket {
	return []bucket{{bucketNotDue, 0}, {"1_30", 30}, {"31_60", 60}, {"61_90", 90}, {"91_180", 180}}
}

func bucketOf(days int) string {
	for _, b := range buckets() {
		if days <= b.upto {
			return b.name
		}
	}
	return bucketLast
}

// An agedInvoice is one open invoice at a day.
type agedInvoice struct {
	Invoice     string       `json:"invoice"`
	DueDate     string       `json:"due_date"`
	OverdueDays int          `json:"overdue_days"`
	Outstanding sihe.Decimal `json:"outstanding"`
	Bucket      string       `json:"bucket"`
}

// An agedParty is one customer's row. Advances stand in their own column and are never netted into a bucket.
type agedParty struct {
	Party    string                  `json:"party"`
	Name     string                  `json:"name"`
	Total    sihe.Decimal            `json:"total"`
	Overdue  sihe.Decimal            `json:"overdue"`
	Buckets  map[string]sihe.Decimal `json:"buckets"`
	Advances sihe.Decimal            `json:"advances"`
	Invoices []agedInvoice           `json:"invoices"`
}

// An aged report is the ageing of receivables (账龄分析) as of a day.
type aged struct {
	Date     string       `json:"date"`
	Currency string       `json:"currency"`
	Total    sihe.Decimal `json:"total"`
	Advances sihe.Decimal `json:"advances"`
	Parties  []agedParty  `json:"parties"`
}

// ageing answers GET …/ageing?date=&party=&currency=: what was outstanding at the end of that day, from the allocations
// dated until then.
func (b *books) ageing(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	rows := map[string]*agedParty{}
	row := func(party string) *agedParty {
		if rows[party] == nil {
			rows[party] = &agedParty{Party: party, Total: cents(), Overdue: cents(), Advances: cents(), Buckets: map[string]sihe.Decimal{}, Invoices: []agedInvoice{}}
		}
		return rows[party]
	}
	settled, used, err := settledUntil(tx, s.to)
	if err != nil {
		return nil, err
	}
	err = tx.List("invoice", func(d *native.Doc) (bool, error) {
		open := d.Decimal("gross_total").Sub(settled[d.Key()])
		if d.Date("issue_date") <= s.to && d.Text("currency") == currency && wanted(q, d.Text("party")) && open.Sign() != 0 {
			row(d.Text("party")).add(d, open, s.to)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	err = tx.List("advance", func(d *native.Doc) (bool, error) {
		open := d.Decimal("amount").Sub(used[d.Key()])
		if d.Date("received_on") <= s.to && d.Text("currency") == currency && wanted(q, d.Text("party")) && open.Sign() != 0 {
			r := row(d.Text("party"))
			r.Advances = r.Advances.Add(open)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return agedTotal(tx, rows, s.to, currency)
}

func wanted(q url.Values, party string) bool { return q.Get("party") == "" || q.Get("party") == party }

// settledUntil adds up by invoice and by advance what was set against each other until a day. What was taken back later
// counts until then.
func settledUntil(tx *native.Tx, day expr.Date) (invoices, advances map[string]sihe.Decimal, err error) {
	invoices, advances = map[string]sihe.Decimal{}, map[string]sihe.Decimal{}
	err = tx.List("allocation", func(a *native.Doc) (bool, error) {
		if a.Date("allocated_on") > day {
			return true, nil
		}
		amount := a.Decimal("amount")
		if !a.IsNull("reversal_of") {
			amount = amount.Neg()
		}
		if i := a.Text("invoice"); i != "" {
			invoices[i] = invoices[i].Add(amount)
		}
		if v := a.Text("advance"); v != "" {
			advances[v] = advances[v].Add(amount)
		}
		return true, nil
	})
	return invoices, advances, err
}

func (r *agedParty) add(d *native.Doc, open sihe.Decimal, day expr.Date) {
	days := int(day) - int(d.Date("due_date"))
	name := bucketOf(days)
	r.Total = r.Total.Add(open)
	r.Buckets[name] = r.Buckets[name].Add(open)
	if days > 0 {
		r.Overdue = r.Overdue.Add(open)
	}
	r.Invoices = append(r.Invoices, agedInvoice{
		Invoice: d.Key(), DueDate: d.Date("due_date").String(), OverdueDays: max(days, 0), Outstanding: open.Round(2), Bucket: name,
	})
}

func agedTotal(tx *native.Tx, rows map[string]*agedParty, day expr.Date, currency string) (aged, error) {
	a := aged{Date: day.String(), Currency: currency, Total: cents(), Advances: cents(), Parties: []agedParty{}}
	for _, r := range rows {
		p, ok, err := tx.Get("party", r.Party)
		if err != nil {
			return a, err
		}
		if ok {
			r.Name = p.Text("name")
		}
		a.Total = a.Total.Add(r.Total)
		a.Advances = a.Advances.Add(r.Advances)
		a.Parties = append(a.Parties, *r)
	}
	slices.SortFunc(a.Parties, func(x, y agedParty) int { return cmp.Compare(x.Party, y.Party) })
	return a, nil
}
