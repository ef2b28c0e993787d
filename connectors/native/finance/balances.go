package finance

import (
	"cmp"
	"slices"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
	"github.com/sihehub/sihe/connectors/native"
)

// balanceKey is one account in one currency.
type balanceKey struct{ account, currency string }

// A figure is what happened on an account: debit positive, credit negative in opening and closing.
type figure struct{ opening, debit, credit sihe.Decimal }

func (f figure) closing() sihe.Decimal { return f.opening.Add(f.debit).Sub(f.credit) }

// A span is the days whose turnover is asked for; what lies before is opening.
type span struct {
	from, to expr.Date
	closing  bool   // closing vouchers count too
	party    string // only lines of this customer or supplier; then closed periods are read again
}

// figures reads the books. Closed periods before the span are taken from their closing balances; every other entry is
// read. Opening entries are opening whatever their day; red-letter amounts stay on their side with their minus sign.
func (b *books) figures(tx *native.Tx, s span) (map[balanceKey]figure, error) {
	all := map[balanceKey]figure{}
	after, err := b.startFrom(tx, s, all)
	if err != nil {
		return nil, err
	}
	periods, err := periodsAfter(tx, after, periodOf(s.to))
	if err != nil {
		return nil, err
	}
	for _, p := range periods {
		err := tx.Find("journal_entry", "period", p, func(e *native.Doc) (bool, error) {
			if inBooks(e) && e.Date("posting_date") <= s.to && (s.closing || e.Text("kind") != kindClosing) {
				addEntry(all, e, s)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// startFrom adds the closing balances of the last period that was closed before the span, and returns its name.
func (b *books) startFrom(tx *native.Tx, s span, all map[balanceKey]figure) (string, error) {
	if s.party != "" {
		return "", nil
	}
	var last *native.Doc
	err := tx.Find("period", "state", "closed", func(p *native.Doc) (bool, error) {
		if p.Date("ends_on") < s.from && (last == nil || p.Key() > last.Key()) {
			last = p
		}
		return true, nil
	})
	if err != nil || last == nil {
		return "", err
	}
	for _, r := range last.Rows("balances") {
		all[balanceKey{r.Text("account"), r.Text("currency")}] = figure{opening: r.Decimal("balance")}
	}
	return last.Key(), nil
}

func periodsAfter(tx *native.Tx, after, until string) ([]string, error) {
	var names []string
	err := tx.List("period", func(p *native.Doc) (bool, error) {
		if p.Key() > after && p.Key() <= until {
			names = append(names, p.Key())
		}
		return true, nil
	})
	slices.Sort(names)
	return names, err
}

func addEntry(all map[balanceKey]figure, e *native.Doc, s span) {
	opening := e.Date("posting_date") < s.from || e.Text("kind") == kindOpening
	for _, r := range e.Rows("lines") {
		if s.party != "" && r.Text("party") != s.party {
			continue
		}
		k := balanceKey{r.Text("account"), r.Text("currency")}
		f := all[k]
		if opening {
			f.opening = f.opening.Add(r.Decimal("debit")).Sub(r.Decimal("credit"))
		} else {
			f.debit = f.debit.Add(r.Decimal("debit"))
			f.credit = f.credit.Add(r.Decimal("credit"))
		}
		all[k] = f
	}
}

func sortedKeys(all map[balanceKey]figure) []balanceKey {
	keys := make([]balanceKey, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y balanceKey) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.currency, y.currency))
	})
	return keys
}

// balanceAt returns what an account and its sub-accounts come to at the end of a day, in one currency.
func (b *books) balanceAt(tx *native.Tx, account, currency string, at expr.Date) (sihe.Decimal, error) {
	all, err := b.figures(tx, span{from: at, to: at, closing: true})
	if err != nil {
		return sihe.Decimal{}, err
	}
	total := sihe.Decimal{}
	for k, f := range all {
		if k.currency == currency && below(k.account, account) {
			total = total.Add(f.closing())
		}
	}
	return total, nil
}

// below says whether an account is another one or one of its sub-accounts: 2221.01.01 is below 2221.
func below(account, parent string) bool {
	return account == parent || len(account) > len(parent) && account[:len(parent)] == parent && account[len(parent)] == '.'
}
