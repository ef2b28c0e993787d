package finance

import (
	"net/url"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// lineTotals adds up the figures of accounts by the statement line that they belong to, debit positive.
func (b *books) lineTotals(tx *native.Tx, s span, currency string, of func(figure) sihe.Decimal) (map[string]sihe.Decimal, error) {
	all, err := b.figures(tx, s)
	if err != nil {
		return nil, err
	}
	lines := map[string]sihe.Decimal{}
	for _, k := range sortedKeys(all) {
		if k.currency != currency {
			continue
		}
		a, err := tx.Must("account", k.account)
		if err != nil {
			return nil, err
		}
		line := a.Text("statement_line")
		lines[line] = lines[line].Add(of(all[k]))
	}
	return lines, nil
}

// An income is the income statement (利润表) of the days from a first to a last one, without closing vouchers.
type income struct {
	From            string       `json:"from"`
	Date            string       `json:"date"`
	Currency        string       `json:"currency"`
	Revenue         sihe.Decimal `json:"revenue"`
	Cost            sihe.Decimal `json:"cost"`
	Surcharges      sihe.Decimal `json:"surcharges"`
	Selling         sihe.Decimal `json:"selling"`
	Administration  sihe.Decimal `json:"administration"`
	Finance         sihe.Decimal `json:"finance"`
	OperatingProfit sihe.Decimal `json:"operating_profit"`
	OtherIncome     sihe.Decimal `json:"other_income"`
	OtherExpense    sihe.Decimal `json:"other_expense"`
	ProfitBeforeTax sihe.Decimal `json:"profit_before_tax"`
	IncomeTax       sihe.Decimal `json:"income_tax"`
	NetProfit       sihe.Decimal `json:"net_profit"`
}

// incomeStatement answers GET …/income_statement?date=&from=&currency=.
func (b *books) incomeStatement(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	s.closing = false
	t, err := b.lineTotals(tx, s, currency, func(f figure) sihe.Decimal { return f.debit.Sub(f.credit) })
	if err != nil {
		return nil, err
	}
	earned := func(line string) sihe.Decimal { return cents().Sub(t[line]) }
	spent := func(line string) sihe.Decimal { return cents().Add(t[line]) }
	i := income{
		From: s.from.String(), Date: s.to.String(), Currency: currency,
		Revenue: earned("revenue"), Cost: spent("cost"), Surcharges: spent("surcharges"), Selling: spent("selling"),
		Administration: spent("administration"), Finance: spent("finance"), OtherIncome: earned("other_income"),
		OtherExpense: spent("other_expense"), IncomeTax: spent("income_tax"),
	}
	i.OperatingProfit = i.Revenue.Sub(i.Cost).Sub(i.Surcharges).Sub(i.Selling).Sub(i.Administration).Sub(i.Finance)
	i.ProfitBeforeTax = i.OperatingProfit.Add(i.OtherIncome).Sub(i.OtherExpense)
	i.NetProfit = i.ProfitBeforeTax.Sub(i.IncomeTax)
	return i, nil
}

// A sheet is the balance sheet (资产负债表) at the end of a day.
type sheet struct {
	Date        string                  `json:"date"`
	Currency    string                  `json:"currency"`
	Assets      map[string]sihe.Decimal `json:"assets"`
	Liabilities map[string]sihe.Decimal `json:"liabilities"`
	Equity      map[string]sihe.Decimal `json:"equity"`
	AssetTotal  sihe.Decimal            `json:"asset_total"`
	DebtTotal   sihe.Decimal            `json:"liability_total"`
	EquityTotal sihe.Decimal            `json:"equity_total"`
	Difference  sihe.Decimal            `json:"difference"` // of assets to liabilities and equity; zero, or the books are wrong
}

// balanceSheet answers GET …/balance_sheet?date=&currency=. Profit and loss not carried forward counts as retained.
func (b *books) balanceSheet(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	s.from, s.closing = s.to, true
	t, err := b.lineTotals(tx, s, currency, figure.closing)
	if err != nil {
		return nil, err
	}
	r := sheet{
		Date: s.to.String(), Currency: currency, AssetTotal: cents(), DebtTotal: cents(), EquityTotal: cents(),
		Assets: map[string]sihe.Decimal{}, Liabilities: map[string]sihe.Decimal{}, Equity: map[string]sihe.Decimal{},
	}
	for _, line := range []string{"cash", "receivables", "prepayments", "other_receivables", "inventory", "fixed_assets", "other_assets"} {
		r.Assets[line] = cents().Add(t[line])
		r.AssetTotal = r.AssetTotal.Add(t[line])
		delete(t, line)
	}
	for _, line := range []string{"payables", "advances", "payroll", "taxes", "other_payables"} {
		r.Liabilities[line] = cents().Sub(t[line])
		r.DebtTotal = r.DebtTotal.Sub(t[line])
		delete(t, line)
	}
	r.Equity["capital"] = cents().Sub(t["capital"])
	delete(t, "capital")
	retained := cents()
	for _, v := range t {
		retained = retained.Sub(v)
	}
	r.Equity["retained"] = retained
	r.EquityTotal = r.Equity["capital"].Add(retained)
	r.Difference = r.AssetTotal.Sub(r.DebtTotal).Sub(r.EquityTotal)
	return r, nil
}

// A vat is the VAT of the days from a first to a last one.
type vat struct {
	From    string       `json:"from"`
	Date    string       `json:"date"`
	Output  sihe.Decimal `json:"output"`
	Input   sihe.Decimal `json:"input"`
	Payable sihe.Decimal `json:"payable"` // negative: input tax to use later
}

// vatReport answers GET …/vat?date=&from=.
func (b *books) vatReport(tx *native.Tx, q url.Values) (any, error) {
	s, currency, err := readSpan(tx, q)
	if err != nil {
		return nil, err
	}
	all, err := b.figures(tx, s)
	if err != nil {
		return nil, err
	}
	turnover := func(role string) sihe.Decimal {
		f := all[balanceKey{b.role(role), currency}]
		return cents().Add(f.debit).Sub(f.credit)
	}
	v := vat{From: s.from.String(), Date: s.to.String(), Output: turnover("output_tax").Neg(), Input: turnover("input_tax")}
	v.Payable = v.Output.Sub(v.Input)
	return v, nil
}
