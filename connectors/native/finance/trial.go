package finance

import (
	"net/url"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// baseCurrency is what reports are in where the question names no other.
const baseCurrency = "CNY"

// A trialRow is one account of the trial balance.
type trialRow struct {
	Account  string       `json:"account"`
	Name     string       `json:"name"`
	NameEn   string       `json:"name_en"`
	Currency string       `json:"currency"`
	Opening  sihe.Decimal `json:"opening"`
	Debit    sihe.Decimal `json:"debit"`
	Credit   sihe.Decimal `json:"credit"`
	Closing  sihe.Decimal `json:"closing"`
}

// A trial is the trial balance (科目余额表).
type trial struct {
	From         string       `json:"from"`
	Date         string       `json:"date"`
	Currency     string       `json:"currency"`
	Rows         []trialRow   `json:"rows"`
	OpeningTotal sihe.Decimal `json:"opening_total"`
	DebitTotal   sihe.Decimal `json:"debit_total"`
	CreditTotal  sihe.Decimal `json:"credit_total"`
	ClosingTotal sihe.Decimal `json:"closing_total"`
}

// trialBalance answers GET …/trial_balance?date=&from=&currency=&closing=no. Without from the turnover is that of the
// date's month; closing=no leaves the vouchers out that carry profit and loss forward.
func (b *books) trialBalance(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	all, err := b.figures(tx, s)
	if err != nil {
		return nil, err
	}
	t := trial{
		From: s.from.String(), Date: s.to.String(), Currency: currency, Rows: []trialRow{},
		OpeningTotal: cents(), DebitTotal: cents(), CreditTotal: cents(), ClosingTotal: cents(),
	}
	for _, k := range sortedKeys(all) {
		if k.currency != currency {
			continue
		}
		f := all[k]
		row := trialRow{
			Account: k.account, Currency: k.currency, Opening: f.opening.Round(2), Debit: f.debit.Round(2),
			Credit: f.credit.Round(2), Closing: f.closing().Round(2),
		}
		if row.Name, row.NameEn, err = names(tx, k.account); err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, row)
		t.OpeningTotal = t.OpeningTotal.Add(row.Opening)
		t.DebitTotal = t.DebitTotal.Add(row.Debit)
		t.CreditTotal = t.CreditTotal.Add(row.Credit)
		t.ClosingTotal = t.ClosingTotal.Add(row.Closing)
	}
	return t, nil
}

// cents is zero with two places, so that an empty total is written 0.00.
func cents() sihe.Decimal { return sihe.MustDecimal("0.00") }

func names(tx *native.Tx, account string) (zh, en string, err error) {
	a, ok, err := tx.Get("account", account)
	if err != nil || !ok {
		return "", "", err
	}
	return a.Text("name"), a.Text("name_en"), nil
}

// readSpan reads date, from, currency and closing of a report's question.
func readSpan(tx *native.Tx, q url.Values) (span, string, error) {
	s := span{to: tx.Today(), closing: q.Get("closing") != "no"}
	var err error
	if v := q.Get("date"); v != "" {
		if s.to, err = expr.ParseDate(v); err != nil {
			return s, "", badDate("date", err)
		}
	}
	s.from = s.to.MonthEnd().AddMonths(-1).MonthEnd().AddDays(1)
	if v := q.Get("from"); v != "" {
		if s.from, err = expr.ParseDate(v); err != nil {
			return s, "", badDate("from", err)
		}
	}
	currency := q.Get("currency")
	if currency == "" {
		currency = baseCurrency
	}
	return s, currency, nil
}

func badDate(name string, err error) error {
	return sihe.Rejected(sihe.CodeOf(err), "read %s: %v", name, err).At(name)
}

// accountBalance answers GET …/balance?account=&date=&currency=: debit positive. Sub-accounts are included.
func (b *books) accountBalance(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	account := q.Get("account")
	if _, ok, err := tx.Get("account", account); err != nil || !ok {
		if err == nil {
			err = sihe.Rejected(sihe.CodeAccountUnknown, "read the balance of account %q", account).At("account")
		}
		return nil, err
	}
	balance, err := b.balanceAt(tx, account, currency, s.to)
	if err != nil {
		return nil, err
	}
	return struct {
		Account  string       `json:"account"`
		Date     string       `json:"date"`
		Currency string       `json:"currency"`
		Balance  sihe.Decimal `json:"balance"`
	}{account, s.to.String(), currency, balance.Round(2)}, nil
}
