package erp_test

import (
	"fmt"
	"testing"

	"github.com/sihehub/sihe"
)

// BenchmarkOrder places orders one after the other: each is checked, promised, committed and released, and every second
// one needs a work order over two levels; then finance answers. One operation is two synced transactions.
func BenchmarkOrder(b *testing.B) {
	m := newBench(b)
	seed(m)
	m.opening("P-GP30", "WH-FG", "1000000", "1175000000.00")
	m.copied("finance.credit", "C001", 2, record{"party_no": "C001", "limit": "999999999999.00", "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	n := 0
	for b.Loop() {
		item, price := "P-GP30", "2599.00"
		if n++; n%2 == 0 {
			item, price = "P-BS1", "16000.00"
		}
		so := m.create("erp.sales_order", order(fmt.Sprintf("CO-%d", n), "C001", item, "1", price))
		m.must(m.write(sihe.Write{Entity: "erp.sales_order", Do: sihe.DoWriteBack, Key: so, Writer: "finance", Version: 1}, record{"ledger_version": 1}))
	}
}
