package finance

import (
	"net/url"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A controlRow compares an account of the ledger with the documents that it stands for.
type controlRow struct {
	Account    string       `json:"account"`
	Of         string       `json:"of"`
	Ledger     sihe.Decimal `json:"ledger"`
	Documents  sihe.Decimal `json:"documents"`
	Difference sihe.Decimal `json:"difference"`
}

// A control is the answer of the control report; it agrees when nothing differs and the whole ledger sums to zero.
type control struct {
	Date     string       `json:"date"`
	Currency string       `json:"currency"`
	Agrees   bool         `json:"agrees"`
	Ledger   sihe.Decimal `json:"ledger_sum"`
	Rows     []controlRow `json:"rows"`
}

// controlAccounts answers GET …/control: 1122 against open invoices, 2203 against unapplied advances, 2202.01 against
// open bills, 2202.99 against what was received and not billed, each as of now (suite.md ACC-02).
func (b *books) controlAccounts(tx *native.Tx, q url.Values) (any, error) {
	currency := q.Get("currency")
	if currency == "" {
		currency = baseCurrency
	}
	today := tx.Today()
	all, err := b.figures(tx, span{from: today, to: farAway, closing: true})
	if err != nil {
		return nil, err
	}
	c := control{Date: today.String(), Currency: currency, Agrees: true, Ledger: cents()}
	for k, f := range all {
		if k.currency == currency {
			c.Ledger = c.Ledger.Add(f.closing())
		}
	}
	for _, s := range subLedgers() {
		account := b.role(s.role)
		documents, err := s.add(tx, currency)
		if err != nil {
			return nil, err
		}
		ledger := all[balanceKey{account, currency}].closing()
		row := controlRow{Account: account, Of: s.role, Ledger: ledger.Round(2), Documents: documents.Round(2), Difference: ledger.Sub(documents).Round(2)}
		c.Rows = append(c.Rows, row)
		c.Agrees = c.Agrees && row.Difference.Sign() == 0
	}
	c.Agrees = c.Agrees && c.Ledger.Sign() == 0
	return c, nil
}

// A subLedger is the documents behind a control account; what we owe counts negative.
type subLedger struct {
	role, entity, field string
	debt                bool
}

func subLedgers() []subLedger {
	return []subLedger{
		{"receivables", "invoice", "outstanding", false},
		{"advances", "advance", "open_amount", true},
		{"payables", "bill", "outstanding", true},
		{"received_not_billed", "purchase_settlement", "received_not_billed", true},
	}
}

func (s subLedger) add(tx *native.Tx, currency string) (sihe.Decimal, error) {
	total := sihe.Decimal{}
	err := tx.List(s.entity, func(d *native.Doc) (bool, error) {
		if d.Text("currency") == currency && (s.entity != "bill" || !d.IsNull("journal_entry")) {
			total = total.Add(d.Decimal(s.field))
		}
		return true, nil
	})
	if s.debt {
		total = total.Neg()
	}
	return total, err
}
