package finance

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// settleTax books the VAT to pay (转出未交增值税) and the surcharges on it. What all sub-accounts of 应交增值税 leave as a
// debt is to be paid; an excess of input tax stays where it is and counts next month. Run again after later postings it
// books the rest.
func (b *books) settleTax(tx *native.Tx, d *native.Doc) error {
	last := d.Date("ends_on")
	vat, err := b.balanceAt(tx, parentOf(b.role("output_tax")), baseCurrency, last)
	if err != nil {
		return err
	}
	d.Set("tax_settled", true)
	due := vat.Neg()
	if due.Sign() <= 0 {
		return nil
	}
	n, err := entriesOf(tx, sourcePeriod, d.Key())
	if err != nil {
		return err
	}
	_, err = b.post(tx, baseCurrency, entry{
		event: "vat:" + d.Key() + suffix(n), date: last, summary: "转出未交增值税", source: sourcePeriod, key: d.Key(), reviewer: tx.Actor(),
		lines: []line{debit(b.role("vat_transferred"), due), credit(b.role("vat_unpaid"), due)},
	})
	if err != nil {
		return err
	}
	total := sihe.Decimal{}
	lines := []line{{}}
	for _, s := range b.chart.surcharges {
		part := due.Mul(s.rate).Round(2)
		total = total.Add(part)
		lines = append(lines, credit(s.account, part))
	}
	lines[0] = debit(b.role("surcharges"), total)
	_, err = b.post(tx, baseCurrency, entry{
		event: "surcharges:" + d.Key() + suffix(n), date: last, summary: "计提附加税费", source: sourcePeriod, key: d.Key(), reviewer: tx.Actor(), lines: lines,
	})
	return err
}

// parentOf returns the account above: 2221.01.01 is below 2221.01.
func parentOf(account string) string {
	for i := len(account) - 1; i > 0; i-- {
		if account[i] == '.' {
			return account[:i]
		}
	}
	return account
}

// carryForward moves what income and expense accounts come to into the profit of the year (结转损益). Run again after
// later postings it moves the rest.
func (b *books) carryForward(tx *native.Tx, d *native.Doc) error {
	lines, err := b.profitAndLoss(tx, d)
	if err != nil {
		return err
	}
	profit := sihe.Decimal{}
	for _, l := range lines {
		profit = profit.Add(l.debit).Sub(l.credit)
	}
	if len(lines) > 0 {
		lines = append(lines, signed(b.role("profit_of_year"), profit.Neg()))
		n, err := entriesOf(tx, sourceClosing, d.Key())
		if err != nil {
			return err
		}
		_, err = b.post(tx, baseCurrency, entry{
			event: "close:" + d.Key() + suffix(n), kind: kindClosing, date: d.Date("ends_on"), summary: "结转损益",
			source: sourceClosing, key: d.Key(), reviewer: tx.Actor(), lines: lines,
		})
		if err != nil {
			return err
		}
	}
	d.Set("carried_forward", true)
	return nil
}

// profitAndLoss returns the lines that bring every income and expense account to zero at the period's end.
func (b *books) profitAndLoss(tx *native.Tx, d *native.Doc) ([]line, error) {
	all, err := b.figures(tx, span{from: d.Date("starts_on"), to: d.Date("ends_on"), closing: true})
	if err != nil {
		return nil, err
	}
	var debits, credits []line
	for _, k := range sortedKeys(all) {
		balance := all[k].closing()
		if balance.Sign() == 0 {
			continue
		}
		a, err := tx.Must("account", k.account)
		if err != nil {
			return nil, err
		}
		kind := a.Text("account_type")
		if kind != "income" && kind != "expense" {
			continue
		}
		l := signed(k.account, balance.Neg())
		l.currency = k.currency
		if l.debit.Sign() != 0 {
			debits = append(debits, l)
		} else {
			credits = append(credits, l)
		}
	}
	return append(debits, credits...), nil
}

// What the month's end names as its source.
const (
	sourcePeriod  = "finance.period"
	sourceClosing = "period_close"
)

// entriesOf counts the entries that a source document has made.
func entriesOf(tx *native.Tx, source, key string) (int, error) {
	n := 0
	err := tx.Find("journal_entry", "source_key", key, func(e *native.Doc) (bool, error) {
		if e.Text("source_entity") == source {
			n++
		}
		return true, nil
	})
	return n, err
}
