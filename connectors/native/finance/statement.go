package finance

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// A statementLine is one document of a customer statement: what he owes more (positive) or less (negative).
type statementLine struct {
	Date     string       `json:"date"`
	Document string       `json:"document"`
	Kind     string       `json:"kind"` // invoice, payment or credit_note
	Order    string       `json:"sales_order,omitempty"`
	Amount   sihe.Decimal `json:"amount"`
	Balance  sihe.Decimal `json:"balance"`
}

// A customerAccount is the statement of account (对账单).
type customerAccount struct {
	Party    string          `json:"party"`
	Name     string          `json:"name"`
	From     string          `json:"from"`
	Date     string          `json:"date"`
	Currency string          `json:"currency"`
	Opening  sihe.Decimal    `json:"opening"`
	Lines    []statementLine `json:"lines"`
	Closing  sihe.Decimal    `json:"closing"`
}

// customerStatement answers GET …/statement?party=&from=&date=&currency=: invoices, payments and credit notes with a
// running balance. Advances are payments, so the balance is receivables less advances.
func (b *books) customerStatement(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	p, err := tx.Must("party", q.Get("party"))
	if err != nil {
		return nil, err
	}
	lines, err := statementLines(tx, p.Key(), currency)
	if err != nil {
		return nil, err
	}
	a := customerAccount{
		Party: p.Key(), Name: p.Text("name"), From: s.from.String(), Date: s.to.String(), Currency: currency,
		Opening: cents(), Closing: cents(), Lines: []statementLine{},
	}
	for _, l := range lines {
		if l.Date > a.Date {
			break
		}
		a.Closing = a.Closing.Add(l.Amount)
		if l.Date < a.From {
			a.Opening = a.Closing
			continue
		}
		l.Balance = a.Closing
		a.Lines = append(a.Lines, l)
	}
	return a, nil
}

// statementLines gathers a customer's documents by date.
func statementLines(tx *native.Tx, party, currency string) ([]statementLine, error) {
	var lines []statementLine
	add := func(entity, kind, amount, day string, less bool, counts func(*native.Doc) bool) error {
		return tx.Find(entity, "party", party, func(d *native.Doc) (bool, error) {
			if !counts(d) || d.Text("currency") != currency {
				return true, nil
			}
			v := d.Decimal(amount).Round(2)
			if less {
				v = v.Neg()
			}
			lines = append(lines, statementLine{Date: d.Date(day).String(), Document: d.Key(), Kind: kind, Order: d.Text("sales_order"), Amount: v})
			return true, nil
		})
	}
	booked := func(d *native.Doc) bool { return !d.IsNull("journal_entry") }
	err := add("invoice", "invoice", "gross_total", "issue_date", false, booked)
	if err == nil {
		err = add("cash_document", "payment", "amount", "value_date", true, func(d *native.Doc) bool { return booked(d) && d.Text("direction") == "in" })
	}
	if err == nil {
		err = add("credit_note", "credit_note", "gross_total", "issue_date", true, booked)
	}
	slices.SortStableFunc(lines, func(x, y statementLine) int {
		return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(x.Document, y.Document))
	})
	return lines, err
}

// farAway is a day after every entry.
const farAway = expr.Date(2932896)
