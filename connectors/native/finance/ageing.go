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

// An agedDocument is one open invoice or bill at a day.
type agedDocument struct {
	Document    string       `json:"document"`
	DueDate     string       `json:"due_date"`
	OverdueDays int          `json:"overdue_days"`
	Outstanding sihe.Decimal `json:"outstanding"`
	Bucket      string       `json:"bucket"`
}

// An agedParty is one customer's or supplier's row. What is not invoiced (a customer's advances, a supplier's received
// goods without a bill) stands in its own column and is never netted into a bucket.
type agedParty struct {
	Party      string                  `json:"party"`
	Name       string                  `json:"name"`
	Total      sihe.Decimal            `json:"total"`
	Overdue    sihe.Decimal            `json:"overdue"`
	Buckets    map[string]sihe.Decimal `json:"buckets"`
	Uninvoiced sihe.Decimal            `json:"uninvoiced"`
	Documents  []agedDocument          `json:"documents"`
}

// An aged report is the ageing of receivables or payables (账龄分析) as of a day.
type aged struct {
	Date       string       `json:"date"`
	Currency   string       `json:"currency"`
	Total      sihe.Decimal `json:"total"`
	Uninvoiced sihe.Decimal `json:"uninvoiced"`
	Parties    []agedParty  `json:"parties"`
}

// An ageingOf says which documents age, and by which account what is not invoiced is known.
type ageingOf struct {
	entity, party, since string // entity, its field with the party, its field with the day it began
	master               string // entity of the party
	account              string // of what is not invoiced
}

// ageing answers GET …/ageing?date=&party=&currency=: what customers owed at the end of that day, from the allocations
// dated until then, and the advances that they had paid.
func (b *books) ageing(tx *native.Tx, q url.Values) (any, error) {
	return b.age(tx, q, ageingOf{"invoice", "party", "issue_date", "party", b.role("advances")})
}

// payablesAgeing answers GET …/payables_ageing?date=&party=&currency=: the same of suppliers' bills, and what was
// received and not billed.
func (b *books) payablesAgeing(tx *native.Tx, q url.Values) (any, error) {
	return b.age(tx, q, ageingOf{"bill", "supplier", "invoice_date", "supplier", b.role("received_not_billed")})
}

func (b *books) age(tx *native.Tx, q url.Values, of ageingOf) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	rows := map[string]*agedParty{}
	row := func(party string) *agedParty {
		if rows[party] == nil {
			rows[party] = &agedParty{Party: party, Total: cents(), Overdue: cents(), Uninvoiced: cents(), Buckets: map[string]sihe.Decimal{}, Documents: []agedDocument{}}
		}
		return rows[party]
	}
	settled, err := settledUntil(tx, of.entity, s.to)
	if err != nil {
		return nil, err
	}
	wanted := func(party string) bool { return q.Get("party") == "" || q.Get("party") == party }
	err = tx.List(of.entity, func(d *native.Doc) (bool, error) {
		open := d.Decimal("gross_total").Sub(settled[d.Key()])
		party := d.Text(of.party)
		if !d.IsNull("journal_entry") && d.Date(of.since) <= s.to && d.Text("currency") == currency && wanted(party) && open.Sign() != 0 {
			row(party).add(d, open, s.to)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	uninvoiced, err := byParty(tx, of.account, currency, s.to)
	if err != nil {
		return nil, err
	}
	for party, v := range uninvoiced {
		if v.Sign() != 0 && wanted(party) {
			r := row(party)
			r.Uninvoiced = r.Uninvoiced.Sub(v)
		}
	}
	return agedTotal(tx, rows, of.master, s.to, currency)
}

// byParty splits the balance of an account at the end of a day over the customers or suppliers on its lines.
func byParty(tx *native.Tx, account, currency string, day expr.Date) (map[string]sihe.Decimal, error) {
	periods, err := periodsAfter(tx, "", periodOf(day))
	if err != nil {
		return nil, err
	}
	sums := map[string]sihe.Decimal{}
	for _, p := range periods {
		err := tx.Find("journal_entry", "period", p, func(e *native.Doc) (bool, error) {
			if !inBooks(e) || e.Date("posting_date") > day {
				return true, nil
			}
			for _, r := range e.Rows("lines") {
				if r.Text("account") == account && r.Text("currency") == currency {
					party := r.Text("party")
					sums[party] = sums[party].Add(r.Decimal("debit")).Sub(r.Decimal("credit"))
				}
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// settledUntil adds up by document what was set against it until a day. What was taken back later counts until then.
func settledUntil(tx *native.Tx, entity string, day expr.Date) (map[string]sihe.Decimal, error) {
	sums := map[string]sihe.Decimal{}
	err := tx.List("allocation", func(a *native.Doc) (bool, error) {
		key, amount := a.Text(entity), a.Decimal("amount")
		if key == "" || a.Date("allocated_on") > day {
			return true, nil
		}
		if !a.IsNull("reversal_of") {
			amount = amount.Neg()
		}
		sums[key] = sums[key].Add(amount)
		return true, nil
	})
	return sums, err
}

func (r *agedParty) add(d *native.Doc, open sihe.Decimal, day expr.Date) {
	days := int(day) - int(d.Date("due_date"))
	name := bucketOf(days)
	r.Total = r.Total.Add(open)
	r.Buckets[name] = r.Buckets[name].Add(open)
	if days > 0 {
		r.Overdue = r.Overdue.Add(open)
	}
	r.Documents = append(r.Documents, agedDocument{
		Document: d.Key(), DueDate: d.Date("due_date").String(), OverdueDays: max(days, 0), Outstanding: open.Round(2), Bucket: name,
	})
}

func agedTotal(tx *native.Tx, rows map[string]*agedParty, master string, day expr.Date, currency string) (aged, error) {
	a := aged{Date: day.String(), Currency: currency, Total: cents(), Uninvoiced: cents(), Parties: []agedParty{}}
	for _, r := range rows {
		p, ok, err := tx.Get(master, r.Party)
		if err != nil {
			return a, err
		}
		if ok {
			r.Name = p.Text("name")
		}
		a.Total = a.Total.Add(r.Total)
		a.Uninvoiced = a.Uninvoiced.Add(r.Uninvoiced)
		a.Parties = append(a.Parties, *r)
	}
	slices.SortFunc(a.Parties, func(x, y agedParty) int { return cmp.Compare(x.Party, y.Party) })
	return a, nil
}
