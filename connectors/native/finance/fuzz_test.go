package finance_test

import (
	"fmt"
	"testing"

	"github.com/sihehub/sihe"
)

// FuzzEntry (H4): whatever amounts come in, an entry is refused with a code or balances to the last digit.
func FuzzEntry(f *testing.F) {
	for _, s := range [][3]string{
		{"1.00", "1.00", "CNY"},
		{"1.00", "0.99", "CNY"},
		{"0.001", "0.001", "CNY"},
		{"9223372036854775808", "9223372036854775808", "CNY"},
		{"-1", "-1", "CNY"},
		{"1e3", "1000.00", "CNY"},
		{"1.00", "1.00", "USD"},
		{"", "", ""},
		{"NaN", "NaN", "CNY"},
		{"0", "0", "CNY"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	h, n := open(f), 0
	f.Fuzz(func(t *testing.T, debit, credit, currency string) {
		h.t = t
		n++
		event := fmt.Sprintf("f%d", n)
		_, err := h.write(sihe.DoCreate, "journal_entry", "", "erp", 0, record{"event": event, "source_entity": "erp.stock_count", "lines": []record{
			{"account": "1901", "debit": debit, "currency": currency}, {"account": "1403", "credit": credit, "currency": currency},
		}})
		if err != nil {
			if sihe.CodeOf(err) == sihe.CodeInternal {
				t.Errorf("%q %q %q: %v", debit, credit, currency, err)
			}
			return
		}
		e := h.find("/journal_entry?event=" + event)[0]
		lines, _ := e["lines"].([]any)
		left, right := lines[0].(map[string]any), lines[1].(map[string]any)
		if left["debit"] != right["credit"] || left["currency"] != right["currency"] || sihe.MustDecimal(text(left["debit"])).Sign() <= 0 {
			t.Errorf("%q %q %q was posted as %v", debit, credit, currency, lines)
		}
	})
}
