package finance

import (
	"strings"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
)

// A matching is what a customer payment is for: parts of invoices, and what the rest waits for.
type matching struct {
	party   string
	order   string // sales order that the payment names
	awaited string // invoice that it names and that does not exist yet
	parts   []share
}

// share is one invoice's share of a payment.
type share struct {
	invoice *native.Doc
	amount  sihe.Decimal
}

func (m matching) total() sihe.Decimal {
	t := sihe.Decimal{}
	for _, p := range m.parts {
		t = t.Add(p.amount)
	}
	return t
}

// match finds what a payment is for, in this order: what it names (invoice, order, contract), who paid, an invoice of
// exactly that amount, the oldest due first.
func (b *books) match(tx *native.Tx, d *native.Doc) (matching, error) {
	m := matching{party: d.Text("party"), order: d.Text("sales_order")}
	named, err := b.references(tx, d, &m)
	if err != nil {
		return m, err
	}
	if m.party == "" {
		if m.party, err = payer(tx, d); err != nil || m.party == "" {
			return m, err
		}
	}
	open, err := openInvoices(tx, m.party)
	if err != nil {
		return m, err
	}
	open = inCurrency(open, d.Text("currency"))
	left := d.Decimal("amount")
	take := func(wanted func(*native.Doc) bool) {
		for _, i := range open {
			amount := left.Min(i.Decimal("outstanding"))
			if amount.Sign() > 0 && wanted(i) && !m.has(i) {
				m.parts = append(m.parts, share{i, amount})
				left = left.Sub(amount)
			}
		}
	}
	if len(named) > 0 {
		take(func(i *native.Doc) bool { return named[i.Key()] })
	}
	if m.order != "" {
		take(func(i *native.Doc) bool { return i.Text("sales_order") == m.order })
	}
	if len(named) == 0 && m.order == "" && m.awaited == "" {
		exact := exactly(open, left)
		take(func(i *native.Doc) bool { return exact == nil || i == exact })
	}
	return m, nil
}

func (m matching) has(i *native.Doc) bool {
	for _, p := range m.parts {
		if p.invoice == i {
			return true
		}
	}
	return false
}

func exactly(open []*native.Doc, amount sihe.Decimal) *native.Doc {
	for _, i := range open {
		if i.Decimal("outstanding").Equal(amount) {
			return i
		}
	}
	return nil
}

func inCurrency(open []*native.Doc, currency string) []*native.Doc {
	var same []*native.Doc
	for _, i := range open {
		if i.Text("currency") == currency {
			same = append(same, i)
		}
	}
	return same
}

// references reads what the payment names: in its own fields first, then in the words of its purpose. It returns the
// invoices by key and completes the matching's order and party.
func (b *books) references(tx *native.Tx, d *native.Doc, m *matching) (map[string]bool, error) {
	words := append([]string{d.Text("invoice"), d.Text("sales_order")}, strings.FieldsFunc(d.Text("purpose"), func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})...)
	named := map[string]bool{}
	for _, w := range words {
		if len(w) < 4 {
			continue
		}
		if i, ok, err := tx.Get("invoice", w); err != nil {
			return nil, err
		} else if ok {
			named[w] = true
			m.know(i.Text("party"), "")
			continue
		}
		if strings.HasPrefix(w, "INV-") && m.awaited == "" {
			m.awaited = w
			continue
		}
		if err := orderOf(tx, w, m); err != nil {
			return nil, err
		}
	}
	return named, nil
}

// know keeps what is said first.
func (m *matching) know(party, order string) {
	if m.party == "" {
		m.party = party
	}
	if m.order == "" {
		m.order = order
	}
}

// orderOf looks a word up as sales order, customer order or contract.
func orderOf(tx *native.Tx, word string, m *matching) error {
	s, ok, err := tx.Get("order_settlement", word)
	if err != nil {
		return err
	}
	if ok {
		m.know(s.Text("party"), s.Key())
		return nil
	}
	for _, field := range []string{"crm_order", "contract_no"} {
		err := tx.Find("order_settlement", field, word, func(s *native.Doc) (bool, error) {
			m.know(s.Text("party"), s.Key())
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// payer finds the customer by the account or the name that the bank reports.
func payer(tx *native.Tx, d *native.Doc) (string, error) {
	account, name := d.Text("payer_account"), d.Text("payer_name")
	if account == "" && name == "" {
		return "", nil
	}
	found := ""
	err := tx.List("party", func(p *native.Doc) (bool, error) {
		if (account != "" && p.Text("bank_account") == account) || (name != "" && (p.Text("name") == name || p.Text("invoice_title") == name)) {
			found = p.Key()
		}
		return found == "", nil
	})
	return found, err
}
