package finance

import (
	"net/url"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A cashFlow is the cash-flow statement (现金流量表), direct method: what came in and went out of the cash accounts, by
// what stood on the other side of the voucher. Transfers between cash accounts cancel out.
type cashFlow struct {
	From     string                  `json:"from"`
	Date     string                  `json:"date"`
	Currency string                  `json:"currency"`
	Received map[string]sihe.Decimal `json:"received"`
	Paid     map[string]sihe.Decimal `json:"paid"`
	Net      sihe.Decimal            `json:"net"`
	Opening  sihe.Decimal            `json:"opening"`
	Closing  sihe.Decimal            `json:"closing"`
}

// flowOf says which flow a counter-account belongs to.
func (b *books) flowOf(a *native.Doc) string {
	if a.Key() == b.role("supplier_prepayments") {
		return "goods"
	}
	switch a.Text("statement_line") {
	case "receivables", "advances", "revenue":
		return "sales"
	case "payables", "inventory":
		return "goods"
	case "taxes", "surcharges", "income_tax":
		return "taxes"
	case "payroll":
		return "payroll"
	case "fixed_assets", "other_assets":
		return "investing"
	case "capital":
		return "financing"
	}
	return "other"
}

// cashFlowStatement answers GET …/cash_flow?date=&from=&currency=.
func (b *books) cashFlowStatement(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	c := cashFlow{
		From: s.from.String(), Date: s.to.String(), Currency: currency, Net: cents(), Opening: cents(),
		Received: map[string]sihe.Decimal{}, Paid: map[string]sihe.Decimal{},
	}
	periods, err := periodsAfter(tx, "", periodOf(s.to))
	if err != nil {
		return nil, err
	}
	for _, p := range periods {
		if p < periodOf(s.from) {
			continue
		}
		err := tx.Find("journal_entry", "period", p, func(e *native.Doc) (bool, error) {
			day := e.Date("posting_date")
			if !inBooks(e) || day < s.from || day > s.to || e.Text("kind") == kindOpening {
				return true, nil
			}
			return true, b.addFlow(tx, &c, e)
		})
		if err != nil {
			return nil, err
		}
	}
	all, err := b.figures(tx, s)
	if err != nil {
		return nil, err
	}
	for k, f := range all {
		a, err := tx.Must("account", k.account)
		if err != nil {
			return nil, err
		}
		if k.currency == currency && a.Text("control_of") == "cash" {
			c.Opening = c.Opening.Add(f.opening)
		}
	}
	c.Closing = c.Opening.Add(c.Net)
	return c, nil
}

// addFlow adds a voucher that moves cash: its other lines say what for, and sum to what moved.
func (b *books) addFlow(tx *native.Tx, c *cashFlow, e *native.Doc) error {
	moved := false
	parts := map[string]sihe.Decimal{}
	for _, r := range e.Rows("lines") {
		if r.Text("currency") != c.Currency {
			continue
		}
		a, err := tx.Must("account", r.Text("account"))
		if err != nil {
			return err
		}
		if a.Text("control_of") == "cash" {
			moved = true
			continue
		}
		name := b.flowOf(a)
		parts[name] = parts[name].Add(r.Decimal("credit")).Sub(r.Decimal("debit"))
	}
	if !moved {
		return nil
	}
	for name, v := range parts {
		c.Net = c.Net.Add(v)
		if v.Sign() > 0 {
			c.Received[name] = cents().Add(c.Received[name]).Add(v)
		} else if v.Sign() < 0 {
			c.Paid[name] = cents().Add(c.Paid[name]).Sub(v)
		}
	}
	return nil
}
