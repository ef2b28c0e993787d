package finance

import (
	_ "embed"
	"fmt"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/native"
	"github.com/sihehub/sihe/strictyaml"
)

//go:embed chart/enterprise.yaml
var enterprise []byte

// A chart is a profile of accounts and of the parts they play in the entries that finance makes by itself.
type chart struct {
	roles      map[string]string
	surcharges []surcharge
	accounts   []chartAccount
}

// A surcharge is a share of the VAT to pay.
type surcharge struct {
	account string
	rate    sihe.Decimal
}

type chartAccount struct {
	no, name, en, kind, side, parent, control, line string
	leaf                                            bool
}

// mustChart reads the embedded profile; it is a constant of the program, so it panics when that is broken.
func mustChart() *chart {
	c, err := readChart()
	if err != nil {
		panic(err)
	}
	return c
}

func readChart() (*chart, error) {
	var f sihe.Findings
	root, ok := strictyaml.Parse("chart/enterprise.yaml", enterprise, &f)
	c := &chart{roles: map[string]string{}}
	if ok {
		c.read(root)
	}
	if err := f.Err(); err != nil {
		return nil, fmt.Errorf("read the chart of accounts: %w", err)
	}
	return c, nil
}

func (c *chart) read(root *strictyaml.Node) {
	m, ok := root.Map()
	if !ok {
		return
	}
	m.Need("profile")
	m.Take("label")
	if roles, ok := m.Need("roles").Map(); ok {
		for _, e := range roles.Entries() {
			c.roles[e.Name], _ = e.Value.Text()
			roles.Take(e.Name)
		}
	}
	surcharges, _ := m.Need("surcharges").List()
	for _, n := range surcharges {
		if s, ok := n.Map(); ok {
			account, _ := s.Need("account").Text()
			rate, _ := s.Need("rate").Decimal()
			c.surcharges = append(c.surcharges, surcharge{account, rate})
			s.Done()
		}
	}
	accounts, _ := m.Need("accounts").List()
	for _, n := range accounts {
		if a, ok := n.Map(); ok {
			c.accounts = append(c.accounts, readAccount(a))
			a.Done()
		}
	}
	m.Done()
}

func readAccount(m *strictyaml.Map) chartAccount {
	text := func(key string) string {
		n := m.Take(key)
		if n == nil {
			return ""
		}
		s, _ := n.Text()
		return s
	}
	a := chartAccount{leaf: true, control: "none"}
	a.no, a.name, a.en, a.kind, a.side = text("no"), text("name"), text("en"), text("type"), text("side")
	a.parent, a.line = text("parent"), text("line")
	if control := text("control"); control != "" {
		a.control = control
	}
	if n := m.Take("leaf"); n != nil {
		a.leaf, _ = n.Bool()
	}
	return a
}

// role returns the account that plays a part.
func (b *books) role(part string) string { return b.chart.roles[part] }

// loadChart adds the accounts that are missing; running it again changes nothing.
func (b *books) loadChart(tx *native.Tx) error {
	for _, a := range b.chart.accounts {
		if _, there, err := tx.Get("account", a.no); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		f := native.Fields{
			"account_no": a.no, "name": a.name, "name_en": a.en, "account_type": a.kind, "normal_side": a.side,
			"is_leaf": a.leaf, "control_of": a.control, "statement_line": a.line,
		}
		if a.parent != "" {
			f["parent"] = a.parent
		}
		if _, err := tx.Create("account", f); err != nil {
			return err
		}
	}
	return nil
}
